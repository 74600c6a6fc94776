import { stripVTControlCharacters } from "node:util";
import type { CellOutput } from "../../runner/nbformat.js";

/** Says what is new in an output that is told of each time that it grows. */
export class NewText {
  readonly #told = new WeakMap<CellOutput, string>();

  /** What of `output` was not returned before, as text. */
  take(output: CellOutput): string {
    const text = textOf(output);
    const before = this.#told.get(output) ?? "";
    this.#told.set(output, text);
    return text.startsWith(before) ? text.slice(before.length) : text;
  }
}

function textOf(output: CellOutput): string {
  if (output.output_type === "stream") return output.text;
  if (output.output_type === "error") return `${stripVTControlCharacters(output.traceback.join("\n"))}\n`;
  const text = output.data["text/plain"];
  return `${typeof text === "string" ? text : Object.keys(output.data).join(", ")}\n`;
}
