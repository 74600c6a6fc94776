// What was measured, as a value of the notebook: its properties are the figures, and where it is shown it is the report.
import { inspect } from "node:util";
import { askKernel } from "./kernel-questions.js";

/** What the kernel says of a measurement: the figures, and the samples as an Arrow IPC stream. */
export interface ResultValue {
  /** Of profiler/profile-result.ts: `kind` tells which. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly samples?: Uint8Array;
}

/** Makes the value; `require` finds the notebook's apache-arrow, once somebody asks for the samples. */
export function createResult({ data, samples }: ResultValue, require: (id: string) => unknown): object {
  return samples === undefined ? new LineProfile(data) : new MemoryProfile(data, samples, require);
}

class MeasuredResult {
  constructor(data: ResultValue["data"]) {
    Object.assign(this, data);
  }

  toString(): string {
    return String((this as Readonly<Record<string, unknown>>).summary);
  }

  /** The report, which is drawn by the kernel: nothing of that is loaded beside the user's data. */
  [Symbol.for("Jupyter.display")](): Promise<unknown> {
    return askKernel("report", { ...this });
  }

  [inspect.custom](): string {
    return `${this.constructor.name} [${this.toString()}]`;
  }
}

class MemoryProfile extends MeasuredResult {
  readonly #bytes: Uint8Array;
  readonly #require: (id: string) => unknown;
  #table: unknown;

  constructor(data: ResultValue["data"], bytes: Uint8Array, require: (id: string) => unknown) {
    super(data);
    this.#bytes = bytes;
    this.#require = require;
  }

  get samples(): unknown {
    const { tableFromIPC } = this.#require("apache-arrow") as {
      readonly tableFromIPC: (bytes: Uint8Array) => unknown;
    };
    this.#table ??= tableFromIPC(this.#bytes);
    return this.#table;
  }
}

class LineProfile extends MeasuredResult {}
