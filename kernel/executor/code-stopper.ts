import { type Debugger, type InspectorNotification, Session } from "node:inspector";
import { stopHookKey } from "./stop-hook-key.js";

/** How long after a request code may still turn up that is to be stopped: what is left of an interrupted cell. */
const sweep = 250;
/** A request that lands in a blackboxed frame is dropped by V8, so it is made again. */
const pauseInterval = 5;
/** Scripts without a name: those that the inspector evaluates. A pause within one could never be answered. */
const anonymous = "^$";
/** A pause that found code which must not be stopped is followed by the next one after this long. */
const retryAfter = 3;

/**
 * Stops the code of cells from another thread. It pauses the main thread between two statements of a cell, never in
 * code of ours or of Node's, empties Node's async id stack there, and has V8 end everything that is on the stack.
 */
export class CodeStopper {
  private readonly ours: RegExp;
  private readonly untouchable = new Set<string>();
  private session: Session | undefined;
  private timer: NodeJS.Timeout | undefined;
  private id = 0;
  private until = 0;
  private requested = false;
  private paused = false;

  /** Code under `ownRoot` is never stopped. */
  constructor(ownRoot: string) {
    this.ours = new RegExp(`^node:|^(file://)?${ownRoot.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}[\\\\/]`);
  }

  /** Stops what the execution `id` runs. With `force`, wherever it is: for code that no pause reaches. */
  stop(id: number, { force }: { readonly force: boolean }): void {
    this.id = id;
    this.until = performance.now() + sweep;
    if (this.session === undefined) this.open();
    if (force && !this.paused) this.terminate();
  }

  private open(): void {
    const session = new Session();
    session.connectToMainThread();
    session.on("Debugger.scriptParsed", ({ params }: InspectorNotification<Debugger.ScriptParsedEventDataType>) => {
      if (params.url === "" || this.ours.test(params.url)) this.untouchable.add(params.scriptId);
    });
    session.on("Debugger.paused", ({ params }: InspectorNotification<Debugger.PausedEventDataType>) => {
      this.onPaused(params.callFrames[0]?.location.scriptId);
    });
    session.post("Debugger.enable", { maxScriptsCacheSize: 0 });
    session.post("Debugger.setBlackboxPatterns", { patterns: [this.ours.source, anonymous] });
    this.session = session;
    this.requestPause();
    this.timer = setInterval(() => {
      if (this.paused) return;
      if (performance.now() < this.until) this.requestPause();
      else this.close();
    }, pauseInterval);
  }

  private requestPause(): void {
    // Requests that pile up behind one another have crashed Node.
    if (this.requested || this.paused || this.session === undefined) return;
    this.requested = true;
    this.session.post("Debugger.pause", () => {
      this.requested = false;
    });
  }

  private onPaused(scriptId: string | undefined): void {
    this.paused = true;
    // Blackboxing does not hold for a pause that was asked for while nothing ran.
    if (scriptId === undefined || this.untouchable.has(scriptId)) {
      this.resume(false);
      return;
    }
    this.session?.post(
      "Runtime.evaluate",
      { expression: hookCall(this.id, false), returnByValue: true, disableBreaks: true },
      (error, answer) => this.act(error === null ? answer.result.value : undefined),
    );
  }

  private act(verdict: unknown): void {
    this.resume(verdict === "stop");
    if (verdict === "over") this.close();
  }

  private resume(terminateOnResume: boolean): void {
    this.session?.post("Debugger.resume", { terminateOnResume }, () => {
      this.paused = false;
      if (!terminateOnResume) setTimeout(() => this.requestPause(), retryAfter);
    });
  }

  private terminate(): void {
    // One after the other in the same turn of the main thread: nothing runs between them.
    this.session?.post("Runtime.evaluate", { expression: hookCall(this.id, true), disableBreaks: true });
    this.session?.post("Runtime.terminateExecution");
  }

  private close(): void {
    clearInterval(this.timer);
    this.session?.post("Debugger.disable");
    this.session?.disconnect();
    this.session = undefined;
    this.requested = false;
    this.paused = false;
    this.untouchable.clear();
  }
}

function hookCall(id: number, force: boolean): string {
  return `globalThis[Symbol.for(${JSON.stringify(stopHookKey)})](${id}, ${force})`;
}
