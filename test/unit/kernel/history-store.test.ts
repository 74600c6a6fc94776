import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { History, type HistoryQuery } from "../../../kernel/history.js";
import { type HistoryLimits, HistoryStore } from "../../../kernel/history-store.js";

let directory: string;
let log: string[];

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "cellscope-history-")), "history");
  log = [];
});

afterEach(() => rm(join(directory, ".."), { recursive: true }));

const open = (limits: Partial<HistoryLimits> = {}) =>
  new History(new HistoryStore(directory, (line) => log.push(line), limits));

/** Runs cells in a session of their own; `=` and a text after the code is the cell's value. */
async function session(...cells: readonly string[]): Promise<History> {
  const history = open();
  for (const cell of cells) {
    const [input = "", output] = cell.split(" = ");
    const line = history.add(input);
    if (output !== undefined) history.setOutput(line, output);
  }
  await history.flushed();
  return history;
}

const find = async (history: History, query: HistoryQuery) =>
  (await history.find(query)).map(({ session: number, line, input }) => `${number}:${line} ${input}`);
const tail = (history: History, n: number) => find(history, { access: "tail", n });
const range = (history: History, number: number, start = 1, stop?: number) =>
  find(history, { access: "range", session: number, start, stop });
const search = (history: History, pattern: string, unique = false, n?: number) =>
  find(history, { access: "search", pattern, unique, n });

test("the tail reaches back over sessions, the oldest first", async () => {
  await session("a", "b");
  await session("c");
  const history = await session("d", "e");
  expect(await tail(history, 4)).toEqual(["1:2 b", "2:1 c", "3:1 d", "3:2 e"]);
  expect(await tail(history, 99)).toEqual(["1:1 a", "1:2 b", "2:1 c", "3:1 d", "3:2 e"]);
});

test("a range names its session by its number or counts back from this one", async () => {
  await session("a", "b", "c");
  await session("d");
  const history = open();
  expect(await range(history, 1)).toEqual(["1:1 a", "1:2 b", "1:3 c"]);
  expect(await range(history, -2, 2)).toEqual(["1:2 b", "1:3 c"]);
  expect(await range(history, -1)).toEqual(["2:1 d"]);
  expect(await range(history, 1, -1)).toEqual(["1:3 c"]);
  expect([await range(history, -3), await range(history, 9), await range(history, 0)]).toEqual([[], [], []]);
  history.add("e");
  await history.flushed();
  expect([await range(history, 0), await range(history, 3)]).toEqual([["3:1 e"], ["3:1 e"]]);
});

test("a search goes through all sessions; unique keeps the latest of equal cells, n counts after that", async () => {
  await session("x = 1", "y", "x");
  const history = await session("y", "z", "x");
  expect(await search(history, "x*")).toEqual(["1:1 x", "1:3 x", "2:3 x"]);
  expect(await search(history, "*", true)).toEqual(["2:1 y", "2:2 z", "2:3 x"]);
  expect(await search(history, "[xy]", true, 1)).toEqual(["2:3 x"]);
});

test("values are kept with their cells", async () => {
  await session("a = 1", "b");
  expect(await open().find({ access: "tail", n: 2 })).toEqual([
    { session: 1, line: 1, input: "a", output: "1" },
    { session: 1, line: 2, input: "b" },
  ]);
});

test("kernels at the same time keep their sessions apart and see each other's", async () => {
  const histories = Array.from({ length: 8 }, () => open());
  for (const cell of ["a", "b"]) for (const history of histories) history.add(cell);
  await Promise.all(histories.map((history) => history.flushed()));
  for (const history of histories) {
    const entries = await tail(history, 99);
    expect(entries).toEqual(Array.from({ length: 8 }, (_, index) => [`${index + 1}:1 a`, `${index + 1}:2 b`]).flat());
  }
  expect(log).toEqual([]);
});

test("a session without cells leaves nothing", async () => {
  expect(await tail(open(), 5)).toEqual([]);
  await expect(stat(directory)).rejects.toThrow("ENOENT");
});

test("nobody else can read it", async () => {
  await session("a");
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, "1.jsonl"))).mode & 0o777).toBe(0o600);
});

describe("files that are broken hurt nobody", () => {
  test.each([
    ["half a line, as of a kernel that was killed", '{"line":1,"input":"a"}\n{"line":2,"inp', ["1:1 a"]],
    ["noise", "\u0000\u0001\ufffd\n[]\n7\nnull\n", []],
    ["values without cells", '{"line":3,"output":"x"}\n', []],
    ["lines with odd numbers", '{"line":0,"input":"a"}\n{"line":1.5,"input":"b"}\n{"line":"2","input":"c"}\n', []],
    ["lines in any order", '{"line":2,"input":"b"}\n{"line":1,"input":"a"}\n', ["1:1 a", "1:2 b"]],
    ["nothing", "", []],
  ])("%s", async (_name, text, expected) => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "1.jsonl"), text);
    const history = await session("own");
    expect(await tail(history, 9)).toEqual([...expected, "2:1 own"]);
    expect(log).toEqual([]);
  });

  test("a directory in the place of a session is logged and left out", async () => {
    await mkdir(join(directory, "1.jsonl"), { recursive: true });
    expect(await tail(await session("own"), 9)).toEqual(["2:1 own"]);
    expect(log).toEqual([expect.stringContaining("history: session 1 cannot be read")]);
  });

  test("a file in the place of the directory is logged once, and the session goes on without it", async () => {
    await writeFile(directory, "");
    const history = await session("a", "b");
    expect(log).toEqual([expect.stringContaining("history: this session is not kept")]);
    expect(
      (await history.find({ access: "range", session: 0, start: 1, stop: undefined })).map((e) => e.input),
    ).toEqual(["a", "b"]);
  });
});

describe("the size is bounded", () => {
  test("of all sessions: the oldest are taken away when one begins", async () => {
    for (const cell of ["a", "b", "c", "d"]) await session(cell.repeat(100));
    const history = open({ total: 300 });
    history.add("e");
    await history.flushed();
    expect((await readdir(directory)).sort()).toEqual(["3.jsonl", "4.jsonl", "5.jsonl"]);
  });

  test("of one session: what comes later is not kept, and this session still has it", async () => {
    const history = open({ session: 200 });
    for (const cell of ["a", "b", "c"]) history.add(cell.repeat(100));
    await history.flushed();
    expect((await stat(join(directory, "1.jsonl"))).size).toBeLessThanOrEqual(200);
    expect(await tail(history, 9)).toHaveLength(3);
    expect(await range(open(), 1)).toHaveLength(1);
  });

  test("of a value: the rest is cut off", async () => {
    const history = open({ output: 10 });
    history.add("a");
    history.setOutput(1, "x".repeat(100));
    await history.flushed();
    expect(await readFile(join(directory, "1.jsonl"), "utf8")).toContain(`"output":"${"x".repeat(10)}…"`);
  });
});
