import { expect, test } from "vitest";
import type { ExecutorHost } from "../../../kernel/executor/host.js";
import type { Conversion, Language } from "../../../kernel/language/requests.js";
import { createTypeScriptInterpreter } from "../../../kernel/typescript-interpreter.js";

const output = { stream: () => undefined, display: () => undefined, clear: () => undefined };

function refuse(): never {
  throw new Error("not asked for in this test");
}

/** Converts the first cell never, and every other one at once. */
function createStuckLanguage(): Language {
  let asked = 0;
  return {
    convert: () => {
      asked += 1;
      const conversion: Conversion = {
        status: "converted",
        code: "",
        declarations: "",
        declares: [],
        awaits: false,
        warnings: [],
        modules: [],
      };
      return asked === 1 ? new Promise(() => undefined) : Promise.resolve(conversion);
    },
    enter: refuse,
    mergeDeclarations: refuse,
    complete: refuse,
    inspect: refuse,
    isComplete: refuse,
    probe: refuse,
    pid: () => undefined,
    close: async () => undefined,
  };
}

test("an interrupt ends a cell that TypeScript is still at; the cell does not run, the next one does", async () => {
  const ran: string[] = [];
  const executor: ExecutorHost = {
    pid: () => 1,
    directory: () => undefined,
    onChange: () => () => undefined,
    tellProbe: () => undefined,
    execute: async ({ name }) => {
      ran.push(name);
      return { end: { status: "ok" }, assigned: [] };
    },
    interrupt: async () => undefined,
    bind: async () => undefined,
    deliver: async () => undefined,
    comms: () => new Map(),
    hold: () => undefined,
    close: async () => undefined,
  };
  const interpreter = createTypeScriptInterpreter({ language: createStuckLanguage(), executor });
  const first = interpreter.execute("import 'everything'", output, { executionCount: 1 });
  await interpreter.interrupt();
  expect(await first).toMatchObject({ status: "error", error: { ename: "Interrupted" } });
  expect(await interpreter.execute("1", output, { executionCount: 2 })).toEqual({ status: "ok" });
  expect(ran).toEqual(["In[2]"]);
});
