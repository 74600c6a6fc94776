// How an executor died, from what can be seen of it from outside. Pure.

/** What was seen of the end of an executor. */
export interface DeathSigns {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last text on its file descriptor 2. */
  readonly stderr: string;
  /** How many processes the system killed for want of memory while it lived; `undefined` where that is not counted. */
  readonly oomKills?: { readonly inCgroup: number; readonly onMachine: number } | undefined;
  /** It was ended because a cell could not be stopped otherwise. */
  readonly killedByUser?: boolean;
}

/** The end of an executor, for a person. */
export interface Death {
  readonly name: "ExecutorDied" | "OutOfMemoryError" | "ExecutorKilled";
  /** One sentence without a full stop. */
  readonly cause: string;
}

const heapExhausted = /FATAL ERROR: .*(heap limit|heap out of memory|Allocation failed|out of memory)/i;
const memoryOfV8 = /FATAL ERROR: (.+)/;

const meaning: Readonly<Record<string, string>> = {
  SIGSEGV: "a crash in native code",
  SIGBUS: "a crash in native code",
  SIGILL: "a crash in native code",
  SIGFPE: "a crash in native code",
  SIGTRAP: "a crash inside V8",
  SIGABRT: "native code or Node aborted",
  SIGKILL: "something outside of the notebook killed it",
  SIGTERM: "something asked it to end",
};

/** Says why an executor ended. */
export function describeDeath(signs: DeathSigns): Death {
  const { exitCode, signal, stderr, oomKills, killedByUser = false } = signs;
  if (killedByUser) return { name: "ExecutorKilled", cause: "it was ended because the cell could not be stopped" };
  if (heapExhausted.test(stderr)) {
    return { name: "OutOfMemoryError", cause: `the JavaScript heap reached its limit (${fatalErrorOf(stderr)})` };
  }
  if (signal === "SIGKILL" && oomKills !== undefined && oomKills.inCgroup > 0) {
    return { name: "OutOfMemoryError", cause: "the system killed it: the memory that this kernel may use was full" };
  }
  if (signal === "SIGKILL" && oomKills !== undefined && oomKills.onMachine > 0) {
    return { name: "OutOfMemoryError", cause: "the system killed it: the memory of the machine was full" };
  }
  if (signal !== null) {
    const why = meaning[signal];
    return { name: "ExecutorDied", cause: why === undefined ? `signal ${signal}` : `signal ${signal}: ${why}` };
  }
  return { name: "ExecutorDied", cause: `exit code ${exitCode ?? "unknown"}` };
}

function fatalErrorOf(stderr: string): string {
  return memoryOfV8.exec(stderr)?.[1]?.trim() ?? "no more details";
}
