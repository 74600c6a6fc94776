// Waiting that ends: after a time, or when it is called off.

/** Resolves when the time is over or `stop` is aborted. */
export function sleep(time: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, time);
    stop.addEventListener("abort", end);
  });
}

/** Resolves when one of the signals is aborted, and leaves no listener behind. */
export function aborted(signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      for (const signal of signals) signal.removeEventListener("abort", end);
      resolve();
    };
    for (const signal of signals) signal.addEventListener("abort", end);
    if (signals.some((signal) => signal.aborted)) end();
  });
}

/** Whether `work` settles within `limit`; it is no longer waited for when `stop` is aborted. */
export async function settlesWithin(work: Promise<unknown>, limit: number, stop?: AbortSignal): Promise<boolean> {
  const settled = new AbortController();
  const late = sleep(limit, stop ? AbortSignal.any([settled.signal, stop]) : settled.signal).then(() => false as const);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    settled.abort();
  }
}
