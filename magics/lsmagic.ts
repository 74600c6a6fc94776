import { html } from "../report/html.js";
import { textTable } from "../report/text.js";
import { defineMagic, type Magic } from "./dispatch/magic.js";

/** `%lsmagic`: the magics there are, and what each is for. */
export const lsmagic: Magic = defineMagic({
  name: "lsmagic",
  forms: ["line"],
  summary: "List the magics.",
  options: {},
  async run(_options, { display, magics }) {
    display(renderMagics(Object.values(magics)));
    return undefined;
  },
});

/** Renders the list of magics, those for a line and those for a cell. Pure. */
export function renderMagics(magics: readonly Magic[]): {
  readonly "text/plain": string;
  readonly "text/html": string;
} {
  const rows = magics
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((magic) => ({ spellings: spellingsOf(magic), summary: magic.summary }));
  const columns = [{ title: "Magic" }, { title: "What it does" }];
  const hint = "Help: %name? or %name -h";
  const cell = "text-align:left;vertical-align:top;padding:2px 16px 2px 0";
  return {
    "text/plain": `${textTable(
      columns,
      rows.map(({ spellings, summary }) => [spellings.join(" "), summary]),
    )}\n\n${hint}`,
    "text/html": `${html`<table style="border-collapse:collapse"><thead><tr>${columns.map(
      ({ title }) => html`<th style="${cell}">${title}</th>`,
    )}</tr></thead><tbody>${rows.map(
      ({ spellings, summary }) =>
        html`<tr><td style="${cell};white-space:nowrap">${spellings.map(
          (spelling) => html`<code>${spelling}</code> `,
        )}</td><td style="${cell}">${summary}</td></tr>`,
    )}</tbody></table><p>${hint}</p>`}`,
  };
}

function spellingsOf({ name, aliases, forms }: Magic): readonly string[] {
  return [name, ...aliases].flatMap((known) => forms.map((form) => (form === "cell" ? "%%" : "%") + known));
}
