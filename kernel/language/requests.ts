// What the kernel and the language process say to each other: frames as in executor/link.ts, over stdio.
import type { Completeness, Completion } from "../interpreter.js";
import type { MimeBundle } from "../protocol/mime.js";
import type { ProbedCode, ProbeOrder } from "./line-probes/line-probes.js";

/** A position in a cell; both count from 0, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What TypeScript has against a cell. */
export interface Diagnostic {
  readonly message: string;
  /** TypeScript's number, as in `TS2304`. */
  readonly code: number;
  readonly start: Position;
  readonly end: Position;
  /** The local file that it is about, relative to the working directory; absent for the cell itself. */
  readonly file?: string;
}

/** A cell turned into JavaScript. */
export type Conversion =
  | { readonly status: "diagnostics"; readonly diagnostics: readonly Diagnostic[] }
  /** The cell is a module of its own, which later cells may import; it is not run. tslab takes it as it is, so do we. */
  | { readonly status: "module"; readonly path: string; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly status: "converted";
      /** CommonJS over `exports` and `require`; empty when the cell leaves nothing to run. */
      readonly code: string;
      /** Source map (version 3, JSON): `code` to the cell's TypeScript. */
      readonly sourceMap?: string;
      /** What later cells may name: pass it back with the next conversion. */
      readonly declarations: string;
      /** Names that this cell declares as values. */
      readonly declares: readonly string[];
      readonly awaits: boolean;
      readonly resultName?: string;
      /** What the cell is told before it runs; each is a line. */
      readonly warnings: readonly string[];
      readonly modules: readonly { readonly path: string; readonly code: string; readonly sourceMap?: string }[];
    };

/**
 * The language, as the kernel uses it. It keeps nothing that cannot be given again: the declarations of
 * earlier cells come with each request, so that it may crash and start again unnoticed.
 */
export interface Language {
  readonly convert: (declarations: string, code: string) => Promise<Conversion>;
  /**
   * The declarations after a cell that failed half-way: of the names that it declares, those in `assigned`
   * are as in `after`, the others as they were `before`.
   */
  readonly mergeDeclarations: (
    before: string,
    after: string,
    declares: readonly string[],
    assigned: readonly string[],
  ) => Promise<string>;
  /**
   * Cells are in another directory from now on. Returns the declarations as they are to be passed back from there:
   * what they took from files is still found.
   */
  readonly enter: (declarations: string, directory: string) => Promise<string>;
  readonly complete: (declarations: string, code: string, cursor: number) => Promise<Completion>;
  readonly inspect: (
    declarations: string,
    code: string,
    cursor: number,
    detailLevel: 0 | 1,
  ) => Promise<MimeBundle | undefined>;
  readonly isComplete: (code: string) => Promise<Completeness>;
  /** Puts probes between the statements of code that `convert` has made. */
  readonly probe: (order: ProbeOrder) => Promise<ProbedCode>;
  /** The pid of the process, `undefined` while none runs. */
  readonly pid: () => number | undefined;
  readonly close: () => Promise<void>;
}
