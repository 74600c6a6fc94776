/** Signals that ask a run to end. */
export interface CaughtSignals {
  /** Aborted by the first signal; a second one ends the process. */
  readonly signal: AbortSignal;
  /** 128 and the number of the signal that came, as a shell tells it. */
  readonly exitCode: () => number | undefined;
  readonly release: () => void;
}

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an abort, until released. A second signal ends the process when what
 * `beforeExit` does is done, which must not take long; a third one does not wait for it.
 */
export function catchSignals(beforeExit?: () => Promise<void>): CaughtSignals {
  const controller = new AbortController();
  let code: number | undefined;
  let count = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    code = exitCodes.get(name);
    count++;
    if (count === 1) controller.abort(new Error(`${name} came`));
    else if (count > 2 || beforeExit === undefined) process.exit(code);
    else void beforeExit().finally(() => process.exit(code));
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
