import { beforeEach, describe, expect, test } from "vitest";
import { OutputCollector } from "../../../runner/cell-outputs.js";
import type { CodeCell } from "../../../runner/nbformat.js";

let collector: OutputCollector;
let cell: CodeCell;

const newCell = (): CodeCell => ({
  cell_type: "code",
  id: "a",
  metadata: {},
  source: "",
  execution_count: null,
  outputs: [],
});
const add = (msg_type: string, content: Record<string, unknown>, to = cell) =>
  collector.add(to, { header: { msg_type }, content });
const stream = (name: string, text: string) => add("stream", { name, text });
const display = (text: string, id?: string, to = cell) =>
  add("display_data", { data: { "text/plain": text }, metadata: {}, transient: id ? { display_id: id } : {} }, to);
const update = (text: string, id: string, to = cell) =>
  add("update_display_data", { data: { "text/plain": text }, metadata: {}, transient: { display_id: id } }, to);
const shown = ({ outputs }: CodeCell) =>
  outputs.map((output) =>
    "data" in output ? output.data["text/plain"] : "text" in output ? output.text : output.ename,
  );

beforeEach(() => {
  collector = new OutputCollector();
  cell = newCell();
});

describe("streams", () => {
  test("what follows on the same stream is one output", () => {
    stream("stdout", "a");
    stream("stdout", "b\n");
    stream("stderr", "c");
    stream("stdout", "d");
    expect(cell.outputs).toEqual([
      { output_type: "stream", name: "stdout", text: "ab\n" },
      { output_type: "stream", name: "stderr", text: "c" },
      { output_type: "stream", name: "stdout", text: "d" },
    ]);
  });

  test("a display between two texts keeps its place", () => {
    stream("stdout", "a");
    display("b");
    stream("stdout", "c");
    expect(shown(cell)).toEqual(["a", "b", "c"]);
  });
});

describe("clear_output", () => {
  test("clears at once", () => {
    stream("stdout", "a");
    add("clear_output", { wait: false });
    expect(cell.outputs).toEqual([]);
  });

  test("with wait, clears when the next output comes", () => {
    stream("stdout", "a");
    add("clear_output", { wait: true });
    expect(shown(cell)).toEqual(["a"]);
    stream("stdout", "b");
    expect(shown(cell)).toEqual(["b"]);
  });

  test("a display that was cleared is not updated any more, nor shown again", () => {
    display("a", "id");
    add("clear_output", { wait: false });
    update("b", "id");
    expect(cell.outputs).toEqual([]);
  });
});

describe("displays with an id", () => {
  test("are updated from a later cell, where they stand", () => {
    const later = newCell();
    display("a", "id");
    update("b", "id", later);
    expect([shown(cell), shown(later)]).toEqual([["b"], []]);
  });

  test("shown again in a later cell, change the earlier one too", () => {
    const later = newCell();
    display("a", "id");
    display("b", "id", later);
    expect([shown(cell), shown(later)]).toEqual([["b"], ["b"]]);
    update("c", "id");
    expect([shown(cell), shown(later)]).toEqual([["c"], ["c"]]);
  });

  test("that nobody has shown are not updated", () => {
    expect(update("a", "id")).toBeUndefined();
    expect(cell.outputs).toEqual([]);
  });
});

test("a result carries its execution count, an error its traceback, and other messages nothing", () => {
  add("execute_result", { data: { "text/plain": "1" }, metadata: {}, execution_count: 7 });
  add("error", { ename: "E", evalue: "v", traceback: ["E: v"] });
  add("status", { execution_state: "idle" });
  add("comm_open", {});
  expect(cell.outputs).toEqual([
    { output_type: "execute_result", data: { "text/plain": "1" }, metadata: {}, execution_count: 7 },
    { output_type: "error", ename: "E", evalue: "v", traceback: ["E: v"] },
  ]);
});

test("what was written to the notebook does not change with the message that it came from", () => {
  const data = { "text/plain": "a" };
  add("display_data", { data, metadata: {} });
  data["text/plain"] = "changed";
  expect(shown(cell)).toEqual(["a"]);
});

describe("with a limit", () => {
  let cut: CodeCell[];
  beforeEach(() => {
    cut = [];
    collector = new OutputCollector({ limit: 10, onCut: (cell) => cut.push(cell) });
  });
  const note = (size: string) =>
    `\n[cellscope: this cell showed more than 10 B; ${size} more were left out. --output-limit SIZE keeps more.]\n`;

  test("text is kept up to it, and the cell says once how much was left out", () => {
    for (const text of ["12345", "6789", "abc", "defg"]) stream("stdout", text);
    expect(shown(cell)).toEqual(["123456789a", note("6 B")]);
    expect(cut).toEqual([cell]);
  });

  test("a character is kept whole or not at all", () => {
    stream("stdout", "12345678");
    stream("stdout", "€");
    expect(shown(cell)).toEqual(["12345678", note("3 B")]);
  });

  test("an error and a small result are kept when the output is full; a display is not", () => {
    stream("stdout", "0123456789");
    display("more");
    add("execute_result", { data: { "text/plain": "42" }, metadata: {}, execution_count: 1 });
    add("error", { ename: "E", evalue: "", traceback: ["E"] });
    expect(shown(cell)).toEqual(["0123456789", note("21 B"), "42", "E"]);
  });

  test("it counts for each cell by itself, and again from the beginning when a cell is cleared", () => {
    const other = newCell();
    stream("stdout", "0123456789x");
    collector.add(other, { header: { msg_type: "stream" }, content: { name: "stdout", text: "abc" } });
    add("clear_output", { wait: false });
    stream("stdout", "again");
    expect([shown(cell), shown(other)]).toEqual([["again"], ["abc"]]);
  });

  test("what is told of a stream is what is new in it", () => {
    expect([stream("stdout", "ab")?.added, stream("stdout", "cd")?.added]).toEqual(["ab", "cd"]);
    expect(shown(cell)).toEqual(["abcd"]);
  });
});
