/** Signals that ask a run to end. */
export interface CaughtSignals {
  /** Aborted by the first signal; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** 128 and the number of the signal that came, as a shell tells it. */
  readonly exitCode: () => number | undefined;
  readonly release: () => void;
}

/** Turns SIGINT, SIGTERM and SIGHUP into an abort, until released. */
export function catchSignals(): CaughtSignals {
  const controller = new AbortController();
  let code: number | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    const isSecond = code !== undefined;
    code = exitCodes.get(name);
    if (isSecond) process.exit(code);
    controller.abort(new Error(`${name} came`));
  };
  for (const name of exitCodes.keys()) process.on(name, onSignal);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      for (const name of exitCodes.keys()) process.off(name, onSignal);
    },
  };
}

const exitCodes = new Map<NodeJS.Signals, number>([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
]);
