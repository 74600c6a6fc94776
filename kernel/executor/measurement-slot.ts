// One measurement at a time: two at once would count each other's memory, and V8 has one heap profiler.

/** A measurement that runs. */
export interface Measurement {
  /** The execution that it belongs to. */
  readonly execution: number;
  /** Why another one cannot begin. */
  readonly reason: string;
  /** Called when its execution is interrupted; it is over then. */
  abandon?: () => void;
  /** Milliseconds of `performance.now()` from which an interrupt of its execution means this error. */
  limit?: { readonly at: number; readonly error: () => Error };
}

let running: Measurement | undefined;

/** Begins a measurement; throws when one is running. */
export function claimMeasurement(execution: number, reason: string): Measurement {
  if (running !== undefined) throw new Error(`${running.reason}; two at once would count each other's memory.`);
  running = { execution, reason };
  return running;
}

/** Ends a measurement, once. */
export function releaseMeasurement(measurement: Measurement): void {
  if (running === measurement) running = undefined;
}

/** Ends the measurement of an execution that was interrupted: its code will never come back to do so. */
export function abandonMeasurement(execution: number): void {
  if (running?.execution !== execution) return;
  const { abandon } = running;
  running = undefined;
  abandon?.();
}

/** Why an execution is being interrupted, when it is because a function that is measured in it took too long. */
export function lateMeasurement(execution: number): Error | undefined {
  const limit = running?.execution === execution ? running.limit : undefined;
  return limit !== undefined && performance.now() >= limit.at ? limit.error() : undefined;
}
