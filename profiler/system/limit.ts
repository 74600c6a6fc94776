import type { Measured } from "../measured.js";

/** A limit and where it was read. */
export interface Limit {
  /** `machine`: what there is; `cgroup`: a container's or a service's; `process`: set on the process itself. */
  readonly kind: "machine" | "cgroup" | "process";
  /** Bytes of memory, or a number of CPUs that need not be whole. */
  readonly value: number;
  /** What the system calls it: `memory.max`, `cpu.max`, `ulimit -v`. */
  readonly name: string;
  /** The file that says so; absent where Node was asked. */
  readonly file?: string;
}

/** How much of a limit is taken, and how that was counted. */
export interface Usage {
  /** In the unit of the limit. */
  readonly value: number;
  readonly how: string;
}

/** What may be used of one resource. */
export interface Allowance {
  /** The smallest of the limits: the one that holds. */
  readonly holds: Limit;
  /** Every limit that was found, the smallest first. */
  readonly limits: readonly Limit[];
  /** What the machine has, whoever may use it. */
  readonly machine: Limit;
  /** What is taken of the limit that holds, by everybody under it. */
  readonly used: Measured<Usage>;
}

/** Orders limits, the smallest first; of equal ones the first stays first. */
export function smallestFirst(limits: readonly [Limit, ...Limit[]]): readonly [Limit, ...Limit[]] {
  const [first, ...rest] = limits;
  const smallest = rest.reduce((least, limit) => (limit.value < least.value ? limit : least), first);
  const others = limits.filter((limit) => limit !== smallest).sort((one, other) => one.value - other.value);
  return [smallest, ...others];
}

/** The share of a limit that is taken; of nothing that may be had, all is taken as soon as there is anything. */
export function shareTaken(used: number, limit: number): number {
  if (limit > 0) return used / limit;
  return used > 0 ? 1 : 0;
}
