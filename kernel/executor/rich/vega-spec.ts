import { type Offer, readProperty } from "./offer.js";

/** The versions that front ends have renderers for. */
const versions = { "vega-lite": { oldest: 3, newest: 5 }, vega: { oldest: 5, newest: 5 } } as const;
const mimeTypes = { "vega-lite": "application/vnd.vegalite.v", vega: "application/vnd.vega.v" } as const;

/**
 * The chart that an object describes which names a schema of Vega or Vega-Lite. One of a newer version is handed to
 * the newest renderer that front ends have, as a chart of that version: what only the newer one knows is not drawn.
 */
export const offerVegaSpec: Offer = (value) => {
  const schema = readProperty(value, "$schema");
  const match =
    typeof schema === "string"
      ? /^(https?:\/\/vega\.github\.io\/schema\/(vega|vega-lite)\/v)(\d+)[\d.]*(\.json.*)$/.exec(schema)
      : null;
  if (match === null) return undefined;
  const [, start = "", library = "", version = "", end = ""] = match;
  const language = library === "vega" ? "vega" : "vega-lite";
  const { oldest, newest } = versions[language];
  const wanted = Number(version);
  const given = Math.min(Math.max(wanted, oldest), newest);
  const spec = given === wanted ? value : { ...value, $schema: `${start}${given}${end}` };
  return { [`${mimeTypes[language]}${given}+json`]: spec };
};
