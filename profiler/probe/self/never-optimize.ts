// Code of the probe that V8 is not to optimize.
import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";

/**
 * Keeps V8's optimizing compiler away from functions that run inside of cells some hundred times: it takes 8 to 15 ms of a
 * helper thread and up to a MiB, which would be the cell's, and does so anew in each cell, because what such code was
 * optimized for is gone with the collections in between.
 */
export function neverOptimize(...functions: readonly ((...given: never[]) => unknown)[]): void {
  // V8 knows the mark in the syntax of its own tests alone. It is read anew each time: V8 forgets compiled code after a while.
  setFlagsFromString("--allow-natives-syntax");
  try {
    // The cast is what V8's runtime.h says of it.
    const mark = runInThisContext("(each) => %NeverOptimizeFunction(each)") as (each: unknown) => void;
    for (const each of functions) mark(each);
  } catch (error) {
    // A V8 that has no such mark measures all the same, and a MiB too much.
    if (!(error instanceof SyntaxError)) throw error;
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
}
