import { stripVTControlCharacters } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import { cellGlobals } from "../../../kernel/cell-globals.js";
import type { ExecuteRequest, ExecutionResult, ExecutorChange, ExecutorHost } from "../../../kernel/executor/host.js";
import type { Interpreter, Outcome } from "../../../kernel/interpreter.js";
import type { Conversion, Language } from "../../../kernel/language/requests.js";
import { createTypeScriptInterpreter } from "../../../kernel/typescript-interpreter.js";

type Converted = Extract<Conversion, { readonly status: "converted" }>;

const output = { stream: () => undefined, display: () => undefined, clear: () => undefined };
const ok: ExecutionResult = { end: { status: "ok" }, assigned: [] };

/** A language of lines `let NAME`: a cell declares its names, and the declarations are the names so far. */
class NamesLanguage implements Language {
  modules: Converted["modules"] = [];
  readonly asked: (readonly [method: string, declarations: string, code: string])[] = [];
  closed = false;

  readonly probe = (): never => {
    throw new Error("not asked for in these tests");
  };

  readonly convert = async (declarations: string, code: string): Promise<Conversion> => {
    this.asked.push(["convert", declarations, code]);
    if (code.includes("WRONG")) {
      const start = { line: 0, column: code.indexOf("WRONG") };
      const end = { line: 0, column: start.column + 5 };
      return { status: "diagnostics", diagnostics: [{ message: "Cannot find name 'WRONG'.", code: 2304, start, end }] };
    }
    const declares = [...code.matchAll(/let (\w+)/g)].map(([, name = ""]) => name);
    return {
      status: "converted",
      code: `/* ${code} */`,
      declarations: namesOf(declarations).concat(declares).join(" "),
      declares,
      awaits: code.includes("await"),
      warnings: [],
      modules: this.modules,
    };
  };

  readonly mergeDeclarations: Language["mergeDeclarations"] = async (before, after, declares, assigned) => {
    const lost = declares.filter((name) => !assigned.includes(name) && !namesOf(before).includes(name));
    return namesOf(after)
      .filter((name) => !lost.includes(name))
      .join(" ");
  };

  readonly enter: Language["enter"] = async (declarations, directory) => {
    this.asked.push(["enter", declarations, directory]);
    return declarations;
  };

  readonly complete: Language["complete"] = async (declarations, code, cursor) => {
    this.asked.push(["complete", declarations, code]);
    return { matches: namesOf(declarations), cursorStart: cursor, cursorEnd: cursor };
  };

  readonly inspect: Language["inspect"] = async (declarations, code, cursor, detailLevel) => {
    this.asked.push(["inspect", declarations, code]);
    return { "text/plain": `${cursor} ${detailLevel}` };
  };

  readonly isComplete: Language["isComplete"] = async () => ({ status: "complete" });
  readonly pid = () => 22;
  readonly close = async () => {
    this.closed = true;
  };
}

/** An executor that keeps what it is asked to run, and ends it as the test says. */
class ScriptedExecutor implements ExecutorHost {
  next: ExecutionResult = ok;
  currentPid: number | undefined = 11;
  currentDirectory = process.cwd();
  readonly requests: ExecuteRequest[] = [];
  readonly bound: (readonly [name: string, value: unknown])[] = [];
  interrupts = 0;
  closed = false;
  private readonly listeners: ((change: ExecutorChange) => void)[] = [];

  readonly directory = () => this.currentDirectory;
  readonly pid = () => this.currentPid;
  readonly onChange: ExecutorHost["onChange"] = (listener) => {
    this.listeners.push(listener);
    return () => undefined;
  };
  readonly tellProbe = () => undefined;
  readonly execute = async (request: ExecuteRequest): Promise<ExecutionResult> => {
    this.requests.push(request);
    if (this.next.end.status === "died") this.restart();
    return this.next;
  };
  readonly interrupt = async () => {
    this.interrupts += 1;
  };
  readonly bind: ExecutorHost["bind"] = async (name, value) => {
    this.bound.push([name, value]);
  };
  readonly deliver = async () => undefined;
  readonly comms = () => new Map<string, string>();
  readonly hold = () => undefined;
  readonly close = async () => {
    this.closed = true;
  };

  restart(): void {
    const pid = this.currentPid ?? 0;
    this.currentPid = pid + 100;
    for (const change of [{ type: "ended", pid } as const, { type: "started", pid: pid + 100 } as const]) {
      for (const listener of this.listeners) listener(change);
    }
  }
}

function namesOf(declarations: string): readonly string[] {
  // What every cell has without declaring it is no name of a cell's.
  return declarations
    .replace(cellGlobals, "")
    .split(" ")
    .filter((name) => name !== "");
}

let language: NamesLanguage;
let executor: ScriptedExecutor;
let interpreter: Interpreter;
let cells: number;
beforeEach(() => {
  language = new NamesLanguage();
  executor = new ScriptedExecutor();
  interpreter = createTypeScriptInterpreter({ language, executor });
  cells = 0;
});

function run(code: string, more: object = {}): Promise<Outcome> {
  cells += 1;
  return interpreter.execute(code, output, { executionCount: cells, ...more });
}

/** The names that the next cell would know. */
async function known(): Promise<readonly string[]> {
  return (await interpreter.complete("", 0)).matches;
}

describe("a cell that TypeScript refuses", () => {
  test("fails with the diagnostics, and nothing runs", async () => {
    const outcome = await run("let a = WRONG");
    expect(outcome).toMatchObject({ status: "error", error: { evalue: expect.stringContaining("Cannot find name") } });
    const traceback = outcome.status === "error" ? outcome.error.traceback.map(stripVTControlCharacters) : [];
    expect(traceback.join("\n")).toContain("> 1 | let a = WRONG");
    expect(executor.requests).toEqual([]);
    expect(await known()).toEqual([]);
  });

  test("shows the lines of the whole cell when its code is a part of it", async () => {
    const outcome = await run("       let a = WRONG", { source: "%time let a = WRONG" });
    const traceback = outcome.status === "error" ? outcome.error.traceback.map(stripVTControlCharacters) : [];
    expect(traceback.join("\n")).toContain("> 1 | %time let a = WRONG");
  });
});

describe("a cell that runs", () => {
  test("is sent as it was converted, under its name", async () => {
    await run("let a, let b, await 0");
    expect(executor.requests).toEqual([
      { name: "In[1]", code: "/* let a, let b, await 0 */", awaits: true, modules: [], declares: ["a", "b"] },
    ]);
  });

  test("gives its result", async () => {
    executor.next = { end: { status: "ok", result: { "text/plain": "5" } }, assigned: [] };
    expect(await run("5")).toEqual({ status: "ok", result: { "text/plain": "5" } });
    executor.next = ok;
    expect(await run("")).toEqual({ status: "ok" });
  });

  test("is known to the next one, and to completion and inspection", async () => {
    await run("let a");
    await run("let b");
    await interpreter.inspect("a", 1, 0);
    expect(language.asked).toEqual([
      ["convert", cellGlobals, "let a"],
      ["convert", "a", "let b"],
      ["inspect", "a b", "a"],
    ]);
    expect(await known()).toEqual(["a", "b"]);
  });
});

describe("a cell that fails half-way", () => {
  const error = { name: "RangeError", message: "half-way", frames: [{ file: "In[2]", line: 1, column: 5 }] };

  test("leaves the names that it has assigned", async () => {
    await run("let a");
    executor.next = { end: { status: "error", error }, assigned: ["b"] };
    await run("let a, let b, let c");
    expect(await known()).toEqual(["a", "a", "b"]);
  });

  test("shows its own TypeScript, last its name and message", async () => {
    await run("let a");
    executor.next = { end: { status: "error", error }, assigned: [] };
    const outcome = await run("let boom");
    expect(outcome).toMatchObject({ status: "error", error: { ename: "RangeError", evalue: "half-way" } });
    const traceback = outcome.status === "error" ? outcome.error.traceback.map(stripVTControlCharacters) : [];
    expect(traceback).toContain("> 1 | let boom");
    expect(traceback.at(-1)).toBe("RangeError: half-way");
  });

  test("by an interrupt says so", async () => {
    executor.next = { end: { status: "interrupted" }, assigned: ["a"] };
    expect(await run("let a, let b")).toEqual({
      status: "error",
      error: {
        ename: "Interrupted",
        evalue: "the cell was interrupted",
        traceback: ["Interrupted: the cell was interrupted"],
      },
    });
    expect(await known()).toEqual(["a"]);
  });
});

describe("an executor that ends", () => {
  const died: ExecutionResult = {
    end: { status: "died", death: { name: "OutOfMemoryError", cause: "the JavaScript heap reached its limit" } },
    assigned: [],
  };

  test("in a cell is named with its cause, and takes the declarations with it", async () => {
    await run("let a");
    executor.next = died;
    const evalue =
      "The process that runs the cells ended: the JavaScript heap reached its limit. The variables of earlier cells are gone.";
    expect(await run("let b")).toEqual({
      status: "error",
      error: { ename: "OutOfMemoryError", evalue, traceback: [`OutOfMemoryError: ${evalue}`] },
    });
    expect(await known()).toEqual([]);
  });

  test("between cells takes the declarations with it", async () => {
    await run("let a");
    executor.restart();
    expect(await known()).toEqual([]);
    await run("let b");
    expect(await known()).toEqual(["b"]);
  });
});

describe("local modules", () => {
  const lib = { path: "/books/lib.ts", code: "exports.n = 1;" };
  const util = { path: "/books/util.ts", code: "exports.m = 1;" };
  const sent = () => executor.requests.map(({ modules }) => modules);

  test("are sent once, and again when they have changed", async () => {
    language.modules = [lib];
    await run("1");
    await run("2");
    language.modules = [lib, util];
    await run("3");
    const changed = { ...lib, code: "exports.n = 2;" };
    language.modules = [changed, util];
    await run("4");
    expect(sent()).toEqual([[lib], [], [util], [changed]]);
  });

  test("are all sent again to a new executor", async () => {
    language.modules = [lib];
    await run("1");
    language.modules = [util];
    await run("2");
    executor.restart();
    language.modules = [];
    await run("3");
    await run("4");
    expect(sent()).toEqual([[lib], [util], [lib, util], []]);
  });
});

describe("a watch", () => {
  const watched = (readings: unknown[]) => ({
    watch: {
      modulePath: "/probe.cjs",
      options: { lines: true },
      onReading: (reading: unknown) => readings.push(reading),
    },
  });

  test("goes with the cell, and its reading comes back, also when the cell fails", async () => {
    const readings: unknown[] = [];
    executor.next = { ...ok, reading: { peak: 5 } };
    await run("1", watched(readings));
    executor.next = { end: { status: "interrupted" }, assigned: [], reading: { peak: 6 } };
    await run("2", watched(readings));
    expect(readings).toEqual([{ peak: 5 }, { peak: 6 }]);
    expect(executor.requests.map(({ watch }) => watch)).toEqual([
      { modulePath: "/probe.cjs", options: { lines: true } },
      { modulePath: "/probe.cjs", options: { lines: true } },
    ]);
  });

  test("without a reading is not told of one", async () => {
    const readings: unknown[] = [];
    await run("1", watched(readings));
    expect(readings).toEqual([]);
  });
});

describe("a binding", () => {
  test("gives the value to the executor and the name to the next cells", async () => {
    await run("let a");
    const value = { kind: "json", data: [1] } as const;
    await interpreter.bind({ name: "samples", value, type: "number[]" });
    expect(executor.bound).toEqual([["samples", value]]);
    expect(language.asked.at(-1)).toEqual(["convert", "a", expect.stringMatching(/^let samples\b.* as number\[\];$/)]);
    expect(await known()).toEqual(["a", "samples"]);
  });

  test("whose type TypeScript refuses is refused with the reason", async () => {
    const binding = { name: "x", value: { kind: "json", data: 1 }, type: "WRONG" } as const;
    await expect(interpreter.bind(binding)).rejects.toThrow(
      "x cannot be given the type WRONG: Cannot find name 'WRONG'.",
    );
    expect(await known()).toEqual([]);
  });
});

test("the processes are those that run", () => {
  expect(interpreter.processes()).toEqual([
    { role: "kernel", pid: process.pid },
    { role: "executor", pid: 11 },
    { role: "language", pid: 22 },
  ]);
  executor.currentPid = undefined;
  expect(interpreter.processes().map(({ role }) => role)).toEqual(["kernel", "language"]);
});

test("an interrupt goes to the executor, and close to both", async () => {
  await interpreter.interrupt();
  await interpreter.close();
  expect([executor.interrupts, executor.closed, language.closed]).toEqual([1, true, true]);
});
