import { Script } from "node:vm";
import { expect, test } from "vitest";
import { watchRunningLine } from "../../../profiler/probe/self/running-line.js";

const places = { locate: (file: string, line: number) => ({ file, line }) };

/** Runs code as that of a cell; `look` is in its reach. */
function watch(code: string) {
  const looks = watchRunningLine("In[1]", places, 0);
  Object.defineProperty(globalThis, "look", { value: looks.look, configurable: true });
  try {
    new Script(code, { filename: "In[1]" }).runInThisContext();
  } finally {
    Reflect.deleteProperty(globalThis, "look");
  }
  return looks.seen();
}

test("a look tells the line that runs", () => {
  expect(watch("look(1);\n\nlook(20);")).toEqual([
    { time: 1, line: 1 },
    { time: 20, line: 3 },
  ]);
});

test("looks right after one another are one", () => {
  expect(watch("look(1);\nlook(2);\nlook(3);\nlook(20);")).toEqual([
    { time: 1, line: 1 },
    { time: 20, line: 4 },
  ]);
});

test("an allocation is looked at though somebody has just looked", () => {
  expect(watch("look(1);\nlook(2, true);\nlook(3, true);\nlook(20);")).toEqual([
    { time: 1, line: 1 },
    { time: 2, line: 2, takes: true },
    { time: 20, line: 4 },
  ]);
});
