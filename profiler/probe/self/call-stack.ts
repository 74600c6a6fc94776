// The stack of the user's code at this moment, by functions, as V8 tells it.
import { neverOptimize } from "./never-optimize.js";

/** A function on a stack, where V8 has its code begin. */
export interface StackSite {
  readonly name: string;
  readonly script: string;
  readonly line: number;
  /** 0 and below for what stands before the first character that the user wrote: the cell's own function. */
  readonly column: number;
}

/** The stacks that were seen, each stored once. */
export class StackTable {
  readonly #stacks: (readonly StackSite[])[] = [];
  readonly #indices = new Map<string, number>();
  readonly #isHidden: (script: string) => boolean;

  constructor(isHidden: (script: string) => boolean) {
    this.#isHidden = isHidden;
  }

  /** The number of the stack that runs now; 0 is the empty stack. */
  capture(): number {
    const sites: StackSite[] = [];
    let key = "";
    for (const callSite of readCallSites()) {
      const script = callSite.getFileName() ?? callSite.getScriptNameOrSourceURL() ?? "";
      if (script === "" || this.#isHidden(script) || callSite.isAsync()) continue;
      // `null` is what V8 says of what stands before the first character of a script.
      const line = callSite.getEnclosingLineNumber() ?? 1;
      const column = callSite.getEnclosingColumnNumber() ?? 0;
      key += `${script} ${line} ${column}\n`;
      sites.push({ name: callSite.getFunctionName() ?? "", script, line, column });
    }
    return this.#intern(key, sites);
  }

  /** The functions of a stack, the outermost first. */
  sitesOf(index: number): readonly StackSite[] {
    return this.#stacks[index - 1] ?? [];
  }

  #intern(key: string, sites: StackSite[]): number {
    if (key === "") return 0;
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    // Code that is generated as it runs has stacks without end; what they hold is counted all the same.
    if (this.#stacks.length >= stackLimit) return 0;
    this.#stacks.push(sites.reverse());
    this.#indices.set(key, this.#stacks.length);
    return this.#stacks.length;
  }
}

neverOptimize(StackTable.prototype.capture, readCallSites);

const stackLimit = 4096;
/** Calls of a stack that are looked at, the innermost ones. */
export const stackDepth = 64;

/** The calls that are on the stack, the innermost first, with those of asynchronous functions that wait for them. */
export function readCallSites(): readonly NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = stackDepth;
    Error.prepareStackTrace = (_, callSites) => callSites;
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, readCallSites);
    // What the function above returns.
    return holder.stack as readonly NodeJS.CallSite[];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
