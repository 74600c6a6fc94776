import { beforeAll, expect, test } from "vitest";
import type { TypeScript } from "../../../../kernel/language/tslab.js";
import { loadTypeScript, ownPaths } from "../../../support/notebook-typescript.js";

let typeScript: TypeScript;
beforeAll(async () => {
  const { createTypeScript } = await loadTypeScript();
  typeScript = createTypeScript({ own: ownPaths });
}, 60_000);

const declarations =
  'declare const someone: { name: string; age: number };\ndeclare function someFunction(a: number): void;\nimport { join } from "node:path";\n';

/** Completes at the `|` of a cell. */
function complete(marked: string, earlier = declarations) {
  const cursor = marked.indexOf("|");
  return typeScript.complete(earlier, marked.replace("|", ""), cursor);
}

test.each([
  ["JSON.strin|", ["stringify"], 5, 10],
  ["Math.sq|", ["sqrt"], 5, 7],
  ["someone.|", ["age", "name"], 8, 8],
  ["someone.na|", ["name"], 8, 10],
  ["someone.na|me", ["name"], 8, 12],
  ["some|", ["someFunction", "someone"], 0, 4],
  ["joi|", ["join"], 0, 3],
  ["const xyz1 = 1; xyz|", ["xyz1"], 16, 19],
  ["const xyz1 = 1;\n\nxyz|.toFixed()", ["xyz1"], 17, 20],
  ['import {} from "node:path/po|"', ["posix"], 26, 28],
  ['import { isAbs| } from "node:path"', ["isAbsolute"], 9, 14],
  ['const o: { kind: "circle" } = { kind: "ci|" }', ["circle"], 39, 41],
  ["someone.NA|", ["name"], 8, 10],
  ["nothingHasThisName|", [], 18, 18],
  ["// some|", [], 7, 7],
])("%j", (marked, matches, cursorStart, cursorEnd) => {
  expect(complete(marked)).toMatchObject({
    matches,
    cursorStart,
    cursorEnd,
  });
});

test("items have their kind and place", () => {
  expect(complete("let a = some|").items).toEqual([
    { text: "someFunction", start: 8, end: 12, type: "function" },
    { text: "someone", start: 8, end: 12, type: "variable" },
  ]);
  expect(complete("someone.toS|", "declare const someone: number;\n").items?.[0]).toMatchObject({ type: "method" });
  expect(complete("clas|").items?.[0]).toMatchObject({ text: "class", type: "keyword" });
});

test("names that carry on an old type are not offered", () => {
  const earlier = "declare class Point { x: number }\ndeclare class Point$1 { y: number }\ndeclare const p: Point$1;\n";
  expect(complete("Poin|", earlier).matches).toEqual(["Point"]);
  expect(complete("p.|", earlier).matches).toEqual(["y"]);
});

test("code with errors is completed too", () => {
  expect(complete("let 1 = foo(someone.|").matches).toEqual(["age", "name"]);
});
