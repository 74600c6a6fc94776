import { type Debugger, type InspectorNotification, type Runtime, Session } from "node:inspector";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { stopHookKey } from "./stop-hook-key.js";

/** How long after a request code may still turn up that is to be stopped: what is left of an interrupted cell. */
const sweep = 250;
/** V8 may drop a request to pause, and a pause may find code that must not be stopped: it is asked for again. */
const pauseInterval = 5;
/** A pause that has not been answered for so long will not be: nothing runs meanwhile that could be in the way. */
const lostAfter = 1000;
/** A pause that is asked for while V8 is still ending what was stopped has crashed it. */
const restAfterStop = 40;
/** V8 lets the function on top go on to its next call or loop: these would write the ids back that were just taken away. */
const asyncIdFunctions = new Set(["pushAsyncContext", "popAsyncContext"]);
/**
 * A flood of ticks or promises is mostly found here. Node 20 checks its asynchronous hooks right after and would end
 * the process; there it has to be found in the user's part of the flood.
 */
const stoppableLoops: readonly string[] =
  Number.parseInt(process.versions.node, 10) < 22 ? [] : ["processTicksAndRejections", "runNextTicks"];

/** Whose script it is, as the rule for what may be stopped needs it. */
type Owner = "user" | "node" | "ours";

/**
 * Stops the code of cells from another thread. It pauses the main thread, looks whether what is on the stack may be
 * stopped there, empties Node's async id stack, and has V8 end everything that is on the stack.
 */
export class CodeStopper {
  private readonly ownRoots: readonly string[];
  private readonly owners = new Map<string, Owner>();
  private session: Session | undefined;
  private timer: NodeJS.Timeout | undefined;
  private deadline: NodeJS.Timeout | undefined;
  private id = 0;
  private requested = false;
  private paused = false;
  private pausedAt = 0;
  private restUntil = 0;

  /** Code under `ownRoot` is never stopped. */
  constructor(ownRoot: string) {
    this.ownRoots = [join(ownRoot, sep), pathToFileURL(join(ownRoot, sep)).href];
  }

  /** Stops what the execution `id` runs. With `force`, wherever it is: for code that no pause reaches. */
  stop(id: number, { force }: { readonly force: boolean }): void {
    this.id = id;
    if (this.paused && performance.now() - this.pausedAt > lostAfter) this.close();
    if (this.session === undefined) this.open();
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.close(), sweep);
    if (force && !this.paused) this.terminate();
  }

  private open(): void {
    const session = new Session();
    session.connectToMainThread();
    session.on("Debugger.scriptParsed", ({ params }: InspectorNotification<Debugger.ScriptParsedEventDataType>) => {
      this.owners.set(params.scriptId, this.ownerOf(params.url));
    });
    session.on("Debugger.paused", ({ params }: InspectorNotification<Debugger.PausedEventDataType>) => {
      this.paused = true;
      this.pausedAt = performance.now();
      if (this.mayStop(params.callFrames)) this.judge();
      else this.resume("go on");
    });
    session.post("Debugger.enable", { maxScriptsCacheSize: 0 });
    this.session = session;
    this.requestPause();
    this.timer = setInterval(() => this.requestPause(), pauseInterval);
  }

  private requestPause(): void {
    // Requests that pile up behind one another have crashed Node.
    if (this.requested || this.paused || performance.now() < this.restUntil) return;
    this.requested = true;
    this.session?.post("Debugger.pause", () => {
      this.requested = false;
    });
  }

  private ownerOf(url: string): Owner {
    if (url.startsWith("node:")) return "node";
    return this.ownRoots.some((root) => url.startsWith(root)) ? "ours" : "user";
  }

  /** Where code of a cell is on the stack. Elsewhere Node or we are at work, and what is half done would be lost. */
  private mayStop(frames: readonly Debugger.CallFrame[]): boolean {
    if (asyncIdFunctions.has(frames[0]?.functionName ?? "")) return false;
    const ownerOf = ({ location }: Debugger.CallFrame) => this.owners.get(location.scriptId) ?? "user";
    const owners = frames.map(ownerOf);
    const user = owners.indexOf("user");
    // What a cell has called of ours is let through to its end: half an event, or one sent twice, is worse than a wait.
    if (user !== -1) return !owners.slice(0, user).includes("ours");
    return frames.every((frame, at) => owners[at] === "node" && stoppableLoops.includes(frame.functionName));
  }

  private judge(): void {
    const done = (error: Error | null, answer?: Runtime.EvaluateReturnType) => {
      this.resume(error === null ? answer?.result.value : undefined);
    };
    this.session?.post("Runtime.evaluate", { ...hookCall(this.id, false), returnByValue: true }, done);
  }

  private resume(verdict: unknown): void {
    if (verdict === "stop") this.restUntil = performance.now() + restAfterStop;
    this.session?.post("Debugger.resume", { terminateOnResume: verdict === "stop" }, () => {
      this.paused = false;
    });
    if (verdict === "over") this.close();
  }

  private terminate(): void {
    // One right after the other in the main thread's queue: nearly nothing runs between them.
    this.session?.post("Runtime.evaluate", hookCall(this.id, true));
    this.session?.post("Runtime.terminateExecution");
  }

  private close(): void {
    clearInterval(this.timer);
    clearTimeout(this.deadline);
    // Takes back a pause that was asked for and has not come, and resumes one that has.
    this.session?.post("Debugger.disable");
    this.session?.disconnect();
    this.session = undefined;
    this.requested = false;
    this.paused = false;
    this.owners.clear();
  }
}

// With breaks, a pause could come within the call itself: nobody could ever answer that.
function hookCall(id: number, force: boolean): Runtime.EvaluateParameterType & { readonly disableBreaks: true } {
  const expression = `globalThis[Symbol.for(${JSON.stringify(stopHookKey)})](${id}, ${force})`;
  return { expression, disableBreaks: true };
}
