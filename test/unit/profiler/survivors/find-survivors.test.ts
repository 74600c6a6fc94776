// Snapshots of a real heap: a process makes objects between two of them.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findSurvivors } from "../../../../profiler/survivors/find-survivors.js";
import { type HeapGraph, parseHeapGraph } from "../../../../profiler/survivors/heap-graph.js";

const program = `
const { writeHeapSnapshot } = require("node:v8");
class Row { constructor(id) { this.id = id; this.name = "row number " + id; } }
class Old {}
// As the executor keeps the variables of the notebook.
const notebook = { variables: {}, sourceMaps: new Map(), timesUsed: new Map() };
globalThis.kept = notebook;
notebook.variables.old = Array.from({ length: 500 }, () => new Old());
writeHeapSnapshot(process.argv[2]);
(() => {
  const rows = Array.from({ length: 3000 }, (_, id) => new Row(id));
  notebook.variables.cache = { parts: [rows] };
  const column = new Float64Array(250_000).fill(1);
  notebook.variables.later = () => column.length;
  Array.from({ length: 1000 }, () => new Row(-1));
  globalThis.elsewhere = Array.from({ length: 2000 }, (_, id) => ({ elsewhere: id }));
})();
writeHeapSnapshot(process.argv[3]);
`;

let directory: string;
let before: HeapGraph;
let after: HeapGraph;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cellscope-survivors-"));
  const [main, first, second] = ["main.cjs", "first", "second"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(main, program);
  await promisify(execFile)(process.execPath, [main, first, second]);
  before = parseHeapGraph(await readFile(first));
  after = parseHeapGraph(await readFile(second));
}, 120_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

test("what was made between the snapshots and is alive is counted by constructor, without what was there before", () => {
  const { groups } = findSurvivors(after, before);
  expect(groups.find(({ name }) => name === "Row")?.count).toBe(3000);
  expect(groups.find(({ name }) => name === "Old")).toBeUndefined();
});

test("a buffer's data belong to the array that is over it", () => {
  const { groups } = findSurvivors(after, before);
  const buffer = groups.find(({ bytes }) => bytes >= 2_000_000);
  expect(["Float64Array", "ArrayBuffer"]).toContain(buffer?.name);
  expect(buffer?.path).toContain("later → column");
});

test("each object is held by the variable that reaches it by the shortest way", () => {
  const { holders } = findSurvivors(after, before);
  const [first, second] = holders;
  expect(first?.variable).toBe("later");
  expect(second?.variable).toBe("cache");
  // Rows and their names.
  expect(second?.count).toBeGreaterThanOrEqual(6000);
});

test("the way to an object is told as it would be written", () => {
  const { groups } = findSurvivors(after, before);
  expect(groups.find(({ name }) => name === "Row")?.path).toMatch(/^cache\.parts\[0\]\[\d+\]$/);
});

test("what no variable reaches is said to be held by none", () => {
  const { holders } = findSurvivors(after, before);
  expect(holders.find(({ variable }) => variable === undefined)?.count).toBeGreaterThanOrEqual(2000);
});

test("snapshots whose numbers have nothing to do with each other are refused", () => {
  const renumbered: HeapGraph = { ...after, idOf: (node) => ((node * 7919) % after.nodeCount) * 2 + 1 };
  expect(() => findSurvivors(renumbered, before)).toThrow("V8 gave new numbers to all objects");
});

test("a file that is no snapshot is refused", () => {
  expect(() => parseHeapGraph(Buffer.from("{}"))).toThrow("The file is no heap snapshot.");
});

test("a snapshot that ends in the middle is refused", async () => {
  const whole = await readFile(join(directory, "second"));
  expect(() => parseHeapGraph(whole.subarray(0, 200_000))).toThrow("end early");
});
