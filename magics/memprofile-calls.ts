// What `memprofile()` in a cell asks of the kernel: step by step, because the function runs in the other process.
import { UsageError } from "../kernel/errors.js";
import type { Outcome } from "../kernel/interpreter.js";
import type { FunctionPlace, KernelProbe, ProbeWatch } from "../profiler/kernel-probe.js";
import { createLineSession, type LineSession } from "../profiler/lines/line-session.js";
import { profileMemory } from "../profiler/memory-profile.js";
import type { MemoryResultData, MemprofileOptions } from "../profiler/profile-result.js";
import { encodeSampleTable } from "../profiler/sample-table.js";
import type { OptionSpec } from "./dispatch/magic.js";
import { nearestName } from "./dispatch/nearest.js";
import { parseOptionValue } from "./dispatch/option-values.js";
import { readMemoryAllowance } from "./memory-allowance.js";
import { type Budget, exceededBudget } from "./memory-budget.js";
import { type MemoryRun, profilesOf, resultOf, shownRun } from "./memory-runs.js";
import { memprofile } from "./memprofile.js";
import { checkAllocations, checkInterval, checkTimeout } from "./memprofile-limits.js";
import { rememberMemory } from "./quiet-memory.js";

/** What the kernel does for calls, beside measuring. */
export interface CallSetting {
  readonly probe: KernelProbe;
  /** Stops the code that runs. */
  readonly interrupt: () => Promise<void>;
}

/** The answer to the last step of a call. */
export interface CallVerdict {
  readonly data: Readonly<Record<string, unknown>>;
  readonly samples: Uint8Array;
  readonly exceeded?: { readonly name: string; readonly message: string };
}

interface CallOptions extends Budget {
  readonly interval: number | undefined;
  readonly children: boolean;
  readonly leaks: boolean;
  readonly temporaryAllocations: boolean;
  /** Where the function itself begins, when its lines are wanted. */
  readonly own: FunctionPlace | undefined;
  /** Others whose lines are wanted. */
  readonly functions: readonly (string | FunctionPlace)[];
  readonly repeat: number;
  readonly timeout: number | undefined;
}

/** One run that has begun, in the other process. */
interface OpenRun {
  readonly end: (reading: unknown, failed: boolean) => Promise<MemoryRun>;

  readonly drop: () => void;
}

interface Call {
  readonly id: number;
  readonly options: CallOptions;
  readonly runs: MemoryRun[];
  open?: OpenRun;
}

/** Answers the steps of calls; one call at a time, and a new one takes the place of one that was left. */
export function answerMemprofile({ probe, interrupt }: CallSetting): (argument: unknown) => Promise<unknown> {
  let call: Call | undefined;
  let lastId = 0;
  let clock: NodeJS.Timeout | undefined;
  const drop = () => {
    clearTimeout(clock);
    call?.open?.drop();
    call = undefined;
  };
  probe.cells?.executor.onChange(({ type }) => {
    if (type === "ended") drop();
  });

  const stop = () => {
    // What cannot be stopped is told so in the cell by who was to stop it.
    interrupt().catch(() => undefined);
  };

  async function begin(running: Call): Promise<unknown> {
    const { interval, children, leaks, temporaryAllocations: allocations, repeat, timeout } = running.options;
    const allowance = await readMemoryAllowance();
    const isLast = running.runs.length === repeat - 1;
    const session = openLines(probe, running.options);
    const { run, watch } = await openRun(
      probe,
      {
        children,
        leaks: leaks && isLast,
        allocations,
        ...(interval !== undefined && { interval }),
        ...allowance,
      },
      session,
    );
    running.open = run;
    return { modulePath: watch.modulePath, options: watch.options, ...(timeout !== undefined && { timeout }) };
  }

  async function end(running: Call, reading: unknown, failed: boolean): Promise<CallVerdict | undefined> {
    const { open, runs, options } = running;
    if (open === undefined) throw new Error("This call of memprofile has begun nothing.");
    delete running.open;
    runs.push(await open.end(reading, failed));
    if (!failed && runs.length < options.repeat) return undefined;
    if (call === running) call = undefined;
    return verdictOf(running, probe);
  }

  return async (argument) => {
    // kernel/executor/memprofile.ts sends these and nothing else.
    const { step, id, options, reading, failed } = argument as Readonly<Record<string, unknown>>;
    if (step === "open") {
      const read = readCallOptions(options);
      drop();
      lastId += 1;
      call = { id: lastId, options: read, runs: [] };
      return lastId;
    }
    if (step === "runs" || step === "ran") {
      clearTimeout(clock);
      const { timeout } = call?.options ?? {};
      if (step === "runs" && timeout !== undefined) clock = setTimeout(stop, timeout + patience);
      return undefined;
    }
    if (step === "drop") {
      if (call?.id === id) drop();
      return undefined;
    }
    if (call === undefined || call.id !== id) throw new Error("This call of memprofile is over.");
    return step === "begin" ? begin(call) : end(call, reading, failed === true);
  };
}

/** A function that waits ends by itself when its time is up; one that blocks so much longer is stopped with its cell. */
const patience = 250;

async function openRun(
  probe: KernelProbe,
  options: Parameters<typeof profileMemory>[2],
  session: LineSession | undefined,
): Promise<{ readonly run: OpenRun; readonly watch: ProbeWatch }> {
  let settle: (outcome: Outcome) => void = () => undefined;
  const ended = new Promise<Outcome>((resolve) => {
    settle = resolve;
  });
  let begun: (watch: ProbeWatch) => void = () => undefined;
  const watching = new Promise<ProbeWatch>((resolve) => {
    begun = resolve;
  });
  const measuring = profileMemory(
    probe,
    (watch) => {
      begun(watch);
      return ended;
    },
    options,
  );
  const failing = measuring.then(() => Promise.reject(new Error("The measurement ended before it began.")));
  // Once it has begun, whoever ends it hears of what went wrong.
  failing.catch(() => undefined);
  const bare = await Promise.race([watching, failing]);
  const drop = () => settle({ status: "ok" });
  const watch =
    session === undefined
      ? bare
      : await addLines(probe, session, bare).catch((error: unknown) => {
          drop();
          throw error;
        });
  return {
    watch,
    run: {
      drop,
      end: async (reading, failed) => {
        watch.onReading(reading);
        settle(failed ? failure : { status: "ok" });
        const lineProfile = session?.take();
        return { ...(await measuring), ...(lineProfile && { lineProfile }) };
      },
    },
  };
}

function openLines(probe: KernelProbe, { own, functions }: CallOptions): LineSession | undefined {
  if (own === undefined && functions.length === 0) return undefined;
  const places = functions.filter((each) => typeof each !== "string");
  return createLineSession(probe, {
    cell: false,
    functions: functions.filter((each) => typeof each === "string"),
    places: own === undefined ? places : [own, ...places],
    onUnknown: (names) => {
      throw new UsageError(
        `The lines of a function are those of one that a cell of this notebook defines, such as load or Table.parse; no cell that has run defines ${names.join(" or ")}.`,
      );
    },
  });
}

/** Gives the functions their probes, and what measures them to the watch. */
async function addLines({ addProbes }: KernelProbe, session: LineSession, bare: ProbeWatch): Promise<ProbeWatch> {
  if (addProbes === undefined) throw new Error("This kernel gives no probes to functions.");
  const { watch, probes } = session.around(bare);
  await addProbes(probes);
  return watch;
}

/** The error itself stays where it was thrown. */
const failure: Outcome = { status: "error", error: { ename: "Error", evalue: "", traceback: [] } };

async function verdictOf({ runs, options }: Call, probe: KernelProbe): Promise<CallVerdict> {
  const shown = shownRun(runs, options.leaks);
  const data = resultOf(runs, options.leaks);
  if (shown === undefined || data === undefined) {
    const reason = shown?.profile !== undefined && "missing" in shown.profile ? shown.profile.missing : "nothing ran";
    throw new Error(`What the function did to memory could not be measured: ${reason}.`);
  }
  rememberMemory(probe, data);
  const exceeded = exceededBudget(options, profilesOf(runs), (option) => option);
  return {
    data: { ...data } satisfies MemoryResultData,
    samples: await encodeSampleTable(shown.samples, shown.began),
    ...(exceeded?.status === "error" && {
      exceeded: { name: exceeded.error.ename, message: exceeded.error.evalue },
    }),
  };
}

const callOptions = [
  "interval",
  "children",
  "leaks",
  "temporaryAllocations",
  "lines",
  "functions",
  "repeat",
  "timeout",
  "maxPeak",
  "maxIncrement",
  "maxKept",
  "maxTime",
] as const satisfies readonly (keyof MemprofileOptions)[];

/** Reads the options of a call, which are those of the magic by their long names; pure. */
export function readCallOptions(given: unknown): CallOptions {
  // The executor has put functions as their places, and that of the function itself, in place of what code has given.
  const { own, functions = [], ...plain } = Object(given) as Readonly<Record<string, unknown>>;
  const values: Record<string, unknown> = {
    children: false,
    leaks: false,
    temporaryAllocations: false,
    repeat: 1,
    own,
    functions,
  };
  for (const [name, value] of Object.entries(plain)) {
    const known = callOptions.find((option) => option === name);
    // Functions are of no text that could be read.
    const spec = known === undefined || known === "functions" ? undefined : memprofile.options[known];
    if (spec === undefined) throw unknownOption(name);
    if (value !== undefined) values[name] = readValue(name, spec, value);
  }
  // Each value has been read by its spec.
  const options = values as unknown as CallOptions;
  checkAllocations(options.temporaryAllocations, { leaks: options.leaks }, "temporaryAllocations");
  checkInterval("interval", options.interval);
  checkTimeout("timeout", options.timeout);
  return options;
}

function readValue(name: string, spec: OptionSpec, value: unknown): unknown {
  if (spec.type === "flag") {
    if (typeof value === "boolean") return value;
    throw new UsageError(`The option ${name} of memprofile must be true or false, got ${JSON.stringify(value)}.`);
  }
  if (typeof value !== "number" && typeof value !== "string") {
    throw new UsageError(`The option ${name} of memprofile must be a number or a text, got ${typeof value}.`);
  }
  return parseOptionValue(spec, `The option ${name} of memprofile`, String(value));
}

function unknownOption(name: string): UsageError {
  const near = nearestName(name, callOptions);
  const advice = near === undefined ? `It has ${callOptions.join(", ")}.` : `Did you mean ${near}?`;
  return new UsageError(`memprofile has no option ${name}. ${advice}`);
}
