// What crosses the pipes between the kernel and the language process, as frames of `protocol/frames.ts`.
import type { OwnPaths } from "./module-resolution.js";
import type { TypeScript } from "./tslab.js";

/** The last argument of the language process, as JSON. */
export interface ProcessArguments {
  readonly own: OwnPaths;
  /** The parts of TypeScript's library that describe the running Node. */
  readonly libraries: readonly string[];
}

/** What cells are written in. It comes before the last argument. */
export type Dialect = "typescript" | "javascript";

/** The questions that the process answers. */
export type Method = keyof TypeScript;

/** One question, on stdin. */
export interface Request {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

/** What comes back on stdout: once `ready`, then one answer to each request, in their order. */
export type Reply =
  | { readonly ready: true }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly message: string; readonly stack: string } };
