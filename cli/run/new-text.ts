import { stripVTControlCharacters } from "node:util";
import type { CellOutput } from "../../runner/nbformat.js";

/** What is new in an output, as text; `added` is what a stream has got in addition. */
export function newTextOf(output: CellOutput, added: string | undefined): string {
  if (output.output_type === "stream") return added ?? output.text;
  if (output.output_type === "error") return `${stripVTControlCharacters(output.traceback.join("\n"))}\n`;
  const text = output.data["text/plain"];
  return `${typeof text === "string" ? text : Object.keys(output.data).join(", ")}\n`;
}
