import { cellGlobals } from "../cell-globals.js";
import { isSelfContained } from "./surroundings.js";
import type { TypeScript } from "./tslab.js";

/** Cells that make the compiler go through what most cells need. */
const cells = [
  "const text: string = `a` + 1; let count = text.length; count",
  'import { readFileSync } from "node:fs"; import * as path from "node:path"; path.join("a", typeof readFileSync)',
  "interface Point { x: number; y?: number } type Pair<T> = readonly [T, T]; const points: Point[] = [{ x: 1 }];",
  "class Shape<T> { #size = 1; constructor(readonly name: T) {} get size() { return this.#size; } } new Shape('a')",
  "function sum(...all: number[]): number { return all.reduce((a, b) => a + b, 0); } sum(1, 2)",
  "const { a, ...rest } = { a: 1, b: 2 }; for (const [key, value] of Object.entries(rest)) console.log(key, value);",
  "const later = await Promise.all([1, 2].map(async (n) => n * 2)); later",
  "enum Level { Low, High } let level = Level.Low; level = Level.High;",
  "const missing: number = 'text'",
  "new Map<string, Set<number>>().get('a')?.has(1)",
];

/** Has TypeScript do its usual work, so that a snapshot keeps the libraries parsed and the functions compiled. */
export function warmUp(typeScript: TypeScript): void {
  for (let round = 0; round < 2; round += 1) {
    let declarations = cellGlobals;
    for (const cell of cells) {
      const conversion = typeScript.convert(declarations, cell);
      if (conversion.status === "converted") declarations = conversion.declarations;
    }
    typeScript.complete(declarations, "console.", 8);
    typeScript.complete(declarations, "cou", 3);
    typeScript.inspect(declarations, "sum(1)", 1, 0);
    typeScript.inspect(declarations, "Math.max", 6, 0);
    typeScript.isComplete("for (const a of b) {");
  }
  // The program that is kept is that of the last cell that could not join another: one that knows the globals of a
  // first cell. What comes after has its checker learn the libraries.
  typeScript.convert(cellGlobals, "export {}");
  let declarations = cellGlobals;
  for (const cell of cells) {
    if (!isSelfContained(cell) || cell.includes("missing")) continue;
    const conversion = typeScript.convert(declarations, cell);
    if (conversion.status === "converted") declarations = conversion.declarations;
  }
}
