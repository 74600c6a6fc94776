// Why a kernel process ended, from what can be seen of it. Pure.

/** What was seen of the end of a kernel process. */
export interface KernelEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last text that it wrote to its standard error. */
  readonly stderr: string;
}

/** The end of a kernel, for a person. */
export interface KernelDeath extends KernelEnd {
  /** A sentence with the true reason. */
  readonly reason: string;
}

/** Says why a kernel ended. */
export function describeKernelEnd(end: KernelEnd): KernelDeath {
  return { ...end, reason: `The kernel died: ${describeCause(end)}.` };
}

function describeCause({ exitCode, signal, stderr }: KernelEnd): string {
  const heap = /FATAL ERROR: (.*(?:heap limit|heap out of memory|Allocation failed).*)/i.exec(stderr)?.[1];
  if (heap !== undefined) return `the JavaScript heap reached its limit (${heap.trim()})`;
  if (signal === "SIGKILL") return "signal SIGKILL: the system killed it, for want of memory perhaps, or kill -9 did";
  if (signal === "SIGSEGV" || signal === "SIGBUS") return `signal ${signal}: a crash in native code`;
  if (signal !== null) return `signal ${signal}`;
  return `exit code ${exitCode ?? "unknown"}`;
}
