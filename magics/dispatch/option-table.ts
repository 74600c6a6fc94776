import type { Magic } from "./magic.js";
import { formatDefault, longSpelling, placeholderOf } from "./option-values.js";
import { optionsOf } from "./options.js";

/** One option as help shows it. */
export interface OptionRow {
  /** `-i, --interval TIME`, or with room for the letter where there is none. */
  readonly spelling: string;
  /** What it does, and its default. */
  readonly meaning: string;
}

/** The options of a magic, one row each. */
export function optionRows(magic: Magic): readonly OptionRow[] {
  return optionsOf(magic).map(([key, spec]) => {
    const placeholder = placeholderOf(spec);
    const long = longSpelling(key) + (placeholder === undefined ? "" : ` ${placeholder}`);
    const byDefault = formatDefault(spec);
    return {
      spelling: `${spec.short === undefined ? "   " : `-${spec.short},`} ${long}`,
      meaning: spec.description + (byDefault === undefined ? "" : ` Default: ${byDefault}.`),
    };
  });
}

/** The options of a magic as a table in Markdown. Pure. */
export function optionTable(magic: Magic): string {
  const rows = optionRows(magic).map(
    ({ spelling, meaning }) => `| \`${spelling.trim().replaceAll("|", "\\|")}\` | ${meaning.replaceAll("|", "\\|")} |`,
  );
  return ["| Option | Meaning |", "| --- | --- |", ...rows].join("\n");
}

/**
 * The page of a magic with the table between its two comments `<!-- options -->` and `<!-- /options -->` as the
 * definition has it; `undefined` when the page has no such place.
 */
export function withOptionTable(page: string, magic: Magic): string | undefined {
  const place = /(<!-- options -->\n).*?(<!-- \/options -->)/s;
  if (!place.test(page)) return undefined;
  return page.replace(place, (_, opening, closing) => `${opening}\n${optionTable(magic)}\n\n${closing}`);
}
