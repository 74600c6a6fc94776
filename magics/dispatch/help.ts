import type { MimeBundle } from "../../kernel/protocol/mime.js";
import type { Magic } from "./magic.js";
import { optionRows, optionTable } from "./option-table.js";

/** Renders the help of a magic, from its definition alone. */
export function renderHelp(magic: Magic): MimeBundle {
  const usage = usageLines(magic);
  const aliases = aliasesOf(magic);
  const rows = optionRows(magic);
  const width = Math.max(...rows.map(({ spelling }) => spelling.length));
  const text = [
    ...usage,
    "",
    magic.summary,
    "",
    "Options:",
    ...rows.map(({ spelling, meaning }) => `  ${spelling.padEnd(width)}  ${meaning}`),
    ...(aliases === "" ? [] : ["", `Also called ${aliases}.`]),
  ];
  const markdown = [
    ["```text", ...usage, "```"].join("\n"),
    magic.summary,
    optionTable(magic),
    ...(aliases === "" ? [] : [`Also called ${aliases.replace(/%+\w+/g, "`$&`")}.`]),
  ];
  return { "text/plain": text.join("\n"), "text/markdown": markdown.join("\n\n") };
}

// `%memprofile [options] EXPR`: a line for each of its forms.
function usageLines(magic: Magic): readonly string[] {
  return [
    ...(magic.forms.includes("line") ? [usage("%", magic.name, magic.operands)] : []),
    ...(magic.forms.includes("cell") ? [usage("%%", magic.name, magic.cellOperands)] : []),
  ];
}

function usage(marker: string, name: string, operands: string): string {
  return `${marker}${name} [options]${operands === "" ? "" : ` ${operands}`}`;
}

function aliasesOf({ aliases, forms }: Magic): string {
  return aliases.flatMap((alias) => forms.map((form) => (form === "cell" ? "%%" : "%") + alias)).join(", ");
}
