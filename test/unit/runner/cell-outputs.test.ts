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
