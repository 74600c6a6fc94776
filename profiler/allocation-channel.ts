// What the watch on the main thread and the guard's thread say to each other about the breaks on allocators.

/** The name of the BroadcastChannel; each process has its own, whatever the name. */
export const allocationChannel = "cellscope.allocations";

/**
 * Names the function on the main thread's global object (`Symbol.for`) that the breaks call with the name of the
 * allocator and its first argument. It returns `false`: V8 then goes on and does not stop.
 */
export const allocationSymbol = "cellscope.allocation";

/** From the main thread: switch the breaks on, off for a while, off until the next cell. */
export interface AllocationCommand {
  readonly breaks: "arm" | "rest" | "disarm";
}

/** From the guard, once the breaks are set. */
export interface AllocationAnswer {
  readonly armed: boolean;
  /** Why they are not. */
  readonly reason?: string;
}
