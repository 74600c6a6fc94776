import type { MimeBundle } from "../../protocol/mime.js";
import { type Offer, readProperty } from "./offer.js";

const displaySymbol = Symbol.for("Jupyter.display");

/** What the method `Symbol.for("Jupyter.display")` returns or resolves to, as Deno defines it. */
export const offerByDisplay: Offer = async (value) => {
  const display = readProperty(value, displaySymbol);
  if (typeof display !== "function") return undefined;
  const bundle: unknown = await display.call(value);
  return typeof bundle === "object" && bundle !== null ? (bundle as MimeBundle) : undefined;
};

/** What the method `toHTML` returns or resolves to. */
export const offerByToHtml: Offer = async (value) => {
  const toHtml = readProperty(value, "toHTML");
  if (typeof toHtml !== "function") return undefined;
  const markup: unknown = await toHtml.call(value);
  return typeof markup === "string" ? { "text/html": markup } : undefined;
};
