// `memprofile(fn)` in a cell. The kernel prepares the measurement and makes the profile of it; here is what has to be
// right around the function. The types of what it takes and gives are those of cli/cells-module.ts.
import type { CodePlaces } from "./code-places.js";
import { currentExecution } from "./execution-context.js";
import { type FunctionPlace, placeOfFunction } from "./function-place.js";
import { askKernel } from "./kernel-questions.js";
import { createResult, type ResultValue } from "./measured-result.js";
import { claimMeasurement, type Measurement, releaseMeasurement } from "./measurement-slot.js";
import { requireOwn } from "./own-packages.js";

interface Connection {
  readonly places: CodePlaces;
  /** The notebook's, for the tables of samples. */
  readonly require: (id: string) => unknown;
}

let connection: Connection | undefined;

/** Says, once, where the code of cells stands. */
export function connectMemprofile(given: Connection): void {
  connection = given;
}

/** How the kernel wants one call measured. */
interface Order {
  readonly modulePath: string;
  readonly options: unknown;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** What the kernel makes of it after the last call. */
interface Verdict extends ResultValue {
  /** A budget was exceeded. */
  readonly exceeded?: { readonly name: string; readonly message: string };
}

type Ran = { readonly value: unknown } | { readonly error: unknown };

/** Calls a function and measures what it does to memory. */
export async function memprofile(run: unknown, options: unknown = {}): Promise<unknown> {
  if (typeof run !== "function") {
    throw new TypeError(
      `memprofile needs a function to call, as in memprofile(() => load(n)), got ${run === null ? "null" : typeof run}.`,
    );
  }
  const measurement = claimMeasurement(
    currentExecution(),
    "memprofile() measures already, and has to be awaited before the next measurement begins",
  );
  let id: unknown;
  try {
    id = await ask({ step: "open", options: toPlain(options, run) });
    for (;;) {
      const order = (await ask({ step: "begin", id })) as Order;
      // The cast is what a function is when nothing is known of it.
      const { ran, reading } = await measure(run as () => unknown, order, { measurement, id });
      const verdict = (await ask({ step: "end", id, reading, failed: "error" in ran })) as Verdict | undefined;
      if (verdict !== undefined) {
        id = undefined;
        return finish(ran, verdict);
      }
    }
  } finally {
    releaseMeasurement(measurement);
    if (id !== undefined) drop(id);
  }
}

/** Loads the watch, runs the function between its two ends, and returns both outcomes. */
async function measure(
  run: () => unknown,
  { modulePath, options, timeout }: Order,
  { measurement, id }: { readonly measurement: Measurement; readonly id: unknown },
): Promise<{ readonly ran: Ran; readonly reading: unknown }> {
  const { begin } = requireOwn(modulePath) as {
    readonly begin: (options: unknown, places: CodePlaces | undefined) => Promise<() => unknown>;
  };
  let abandoned = false;
  let end: (() => unknown) | undefined;
  // Nobody waits for what it says then: it lets go of V8's profilers.
  const endUnheard = () => Promise.resolve(end?.()).catch(() => undefined);
  measurement.abandon = () => {
    abandoned = true;
    void endUnheard();
    drop(id);
  };
  end = await begin(options, connection?.places);
  if (abandoned) {
    await endUnheard();
    throw interrupted();
  }
  const limit = timeout === undefined ? undefined : openLimit(timeout);
  if (limit !== undefined) {
    measurement.limit = limit;
    tell({ step: "runs", id });
  }
  let ran: Ran;
  try {
    const returned = run();
    ran = { value: isThenable(returned) ? await (limit?.race(returned) ?? returned) : returned };
  } catch (error) {
    ran = { error };
  }
  if (limit !== undefined) {
    limit.clear();
    delete measurement.limit;
    tell({ step: "ran", id });
  }
  if (abandoned) throw interrupted();
  const reading = await end();
  delete measurement.abandon;
  return { ran, reading };
}

function interrupted(): Error {
  return new Error("The measurement ended when its cell was interrupted.");
}

function finish(ran: Ran, { exceeded, ...value }: Verdict): unknown {
  const profile = createResult(value, connection?.require ?? requireOwn);
  if ("error" in ran) throw withProfile(ran.error, profile);
  if (exceeded === undefined) return { value: ran.value, profile };
  throw withProfile(Object.assign(new Error(exceeded.message), { name: exceeded.name }), profile);
}

/** What was thrown stays what it is; an object that takes one more property has the profile besides. */
function withProfile(error: unknown, profile: object): unknown {
  if (typeof error === "object" && error !== null && Object.isExtensible(error)) {
    Object.defineProperty(error, "profile", { value: profile, configurable: true, writable: true });
  }
  return error;
}

/** A new error, thrown where the cell waits: its stack leads to the cell's line. */
async function ask(argument: Readonly<Record<string, unknown>>): Promise<unknown> {
  try {
    return await askKernel("memprofile", argument);
  } catch (error) {
    throw new Error(error instanceof Error ? error.message : String(error));
  }
}

function drop(id: unknown): void {
  tell({ step: "drop", id });
}

function tell(argument: Readonly<Record<string, unknown>>): void {
  // A kernel that has forgotten the call already is content.
  askKernel("memprofile", argument).catch(() => undefined);
}

/** Options cross to another process: functions as their places, and what cannot is named here, in place of a `DataCloneError`. */
function toPlain(options: unknown, run: object): unknown {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`The options of memprofile are an object, as in { leaks: true }, got ${typeof options}.`);
  }
  const { lines, functions, ...others } = options as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(others)) {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new TypeError(`The option ${name} of memprofile cannot be a ${typeof value}.`);
    }
  }
  return {
    ...others,
    ...(lines !== undefined && { lines }),
    ...(lines === true && { own: requirePlace("lines", "the function that it calls", run) }),
    ...(functions !== undefined && { functions: toNamesAndPlaces(functions) }),
  };
}

function toNamesAndPlaces(functions: unknown): readonly (string | FunctionPlace)[] {
  const given: readonly unknown[] = Array.isArray(functions) ? functions : [functions];
  return given.map((each) => {
    if (typeof each === "string") return each;
    if (typeof each !== "function") {
      throw new TypeError(
        `The option functions of memprofile takes functions, or their names, as in [load, "Table.parse"], got ${each === null ? "null" : typeof each}.`,
      );
    }
    return requirePlace("functions", each.name === "" ? "a function without a name" : each.name, each);
  });
}

function requirePlace(option: string, what: string, value: object): FunctionPlace {
  const place = placeOfFunction(value);
  if ("script" in place) return place;
  throw new TypeError(
    `The option ${option} of memprofile looks at functions that cells define; ${what} is ${place.instead}.`,
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof Object(value).then === "function";
}

/** Ends the wait for a function that is asynchronous; one that blocks is the kernel's to stop. */
function openLimit(timeout: number) {
  let expire: (error: Error) => void = () => undefined;
  const expired = new Promise<never>((_, reject) => {
    expire = reject;
  });
  // It may come when nobody waits any more.
  expired.catch(() => undefined);
  const error = () =>
    Object.assign(new Error(`the function took longer than ${timeout} ms, as its timeout says`), {
      name: "TimeoutError",
    });
  const timer = setTimeout(() => expire(error()), timeout);
  return {
    at: performance.now() + timeout,
    error,
    race: (returned: PromiseLike<unknown>) => Promise.race([returned, expired]),
    clear: () => clearTimeout(timer),
  };
}
