// Node keeps immediates in a list and takes one out when its callback returns. Code that is stopped never returns:
// the list would end there, or begin for ever with an immediate that Node trips over.
import { executionAsyncResource } from "node:async_hooks";

/** What Node's `Immediate` is inside; the same in Node 20 to 26. */
interface Immediate {
  readonly hasRef: () => boolean;
  _onImmediate: ((...values: readonly unknown[]) => void) | null;
  _destroyed: boolean;
  readonly _argv?: readonly unknown[];
  _idleNext: Immediate | null;
  _idlePrev: Immediate | null;
}

/** The immediate whose callback runs now. */
export function runningImmediate(): object | undefined {
  const resource = executionAsyncResource();
  return isRunning(resource) ? resource : undefined;
}

/** Puts the list in order for the moment after the callback that runs now has been stopped. */
export function mendImmediates(): void {
  const running = executionAsyncResource();
  if (!isRunning(running)) return;
  const isFirst = running._idlePrev === null;
  scheduleAgain(running._idleNext);
  // The first one of a turn has left the list already.
  if (isFirst) return;
  // Any other is where Node goes on: it runs once more, with nothing to do.
  running._idleNext = null;
  running._onImmediate = () => undefined;
  running._destroyed = false;
  countOneMore();
}

function isRunning(resource: object): resource is Immediate {
  return (
    "_onImmediate" in resource && "_idleNext" in resource && "_destroyed" in resource && resource._destroyed === true
  );
}

function scheduleAgain(first: Immediate | null): void {
  for (let immediate = first; immediate !== null; ) {
    const next: Immediate | null = immediate._idleNext;
    const { _onImmediate: callback, _argv: values = [] } = immediate;
    const hasRef = immediate.hasRef();
    clearImmediate(immediate as unknown as NodeJS.Immediate);
    if (callback !== null) {
      const again = setImmediate(callback, ...values);
      if (!hasRef) again.unref();
    }
    immediate = next;
  }
}

/** Node counts an immediate down when its callback begins; one that begins twice needs another one that never does. */
function countOneMore(): void {
  const before = setImmediate(() => {
    inside(before)._idleNext = inside(skipped)._idleNext;
  });
  const skipped = setImmediate(() => undefined).unref();
}

/** Node's own type says only what users may see. */
function inside(immediate: NodeJS.Immediate): Immediate {
  return immediate as unknown as Immediate;
}
