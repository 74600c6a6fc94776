import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CodeCell, formatNotebook, type Notebook, parseNotebook } from "../../../runner/nbformat.js";
import { createEncoder } from "../../../runner/notebook-encoder.js";

const fixtures = join(import.meta.dirname, "../../fixtures/notebooks");

function codeCell(id: string): CodeCell {
  return { cell_type: "code", id, metadata: {}, source: "1", execution_count: null, outputs: [] };
}

const textOf = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString();

test.each(readdirSync(fixtures).filter((name) => name.startsWith("nbformat-5.11-")))(
  "the pieces of %s are its file",
  (name) => {
    const text = readFileSync(join(fixtures, name), "utf8");
    expect(textOf(createEncoder().encode(parseNotebook(text, name)))).toBe(text);
  },
);

describe("a notebook that changes", () => {
  const first = codeCell("first");
  const notebook: Notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [first, codeCell("second")] };
  const { encode } = createEncoder();
  encode(notebook);

  test.each<[string, () => unknown]>([
    ["an output", () => first.outputs.push({ output_type: "stream", name: "stdout", text: "a" })],
    ["more of a stream", () => Object.assign(first.outputs[0] ?? {}, { text: "ab" })],
    ["a display", () => first.outputs.push({ output_type: "display_data", data: { "text/plain": "x" }, metadata: {} })],
    ["a display that is updated", () => Object.assign(first.outputs[1] ?? {}, { data: { "text/plain": "y" } })],
    ["outputs that are cleared", () => first.outputs.splice(0)],
    ["the execution count", () => Object.assign(first, { execution_count: 7 })],
    ["the times of an execution", () => Object.assign(first.metadata, { execution: { "iopub.status.busy": "now" } })],
    ["one more of them", () => Object.assign(first.metadata.execution ?? {}, { "iopub.status.idle": "then" })],
    ["what the notebook says of itself", () => Object.assign(notebook.metadata, { papermill: { duration: 1 } })],
    ["a cell that is new", () => notebook.cells.push(codeCell("third"))],
    ["a cell that is gone", () => notebook.cells.shift()],
  ])("is encoded with %s", (_what, change) => {
    const before = formatNotebook(notebook);
    change();
    expect(textOf(encode(notebook))).toBe(formatNotebook(notebook));
    expect(formatNotebook(notebook)).not.toBe(before);
  });

  test("keeps the bytes of cells that did not change", () => {
    const again = encode(notebook);
    expect(encode(notebook)[1]).toBe(again[1]);
  });
});
