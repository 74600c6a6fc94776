// How the guard's thread asks the main thread what to do, in the middle of whatever runs there.
import type { CellRunner } from "./cell-runner.js";
import { dropContext } from "./execution-context.js";
import { mendImmediates } from "./immediates.js";
import { ownCodeUnder } from "./own-code.js";
import { askToStop, type StopLink, stopHookKey, stopHookUrl } from "./stop-agreement.js";

/** V8 lets the function on top go on to its next call or loop: these would write the ids back that were just taken away. */
const asyncIdFunctions = new Set<string | null>(["pushAsyncContext", "popAsyncContext"]);
/**
 * A flood of ticks or promises is mostly found here. Node 20 checks its asynchronous hooks right after and would end
 * the process; there it has to be found in the user's part of the flood.
 */
const stoppableLoops: readonly (string | null)[] =
  Number.parseInt(process.versions.node, 10) < 22 ? [] : ["processTicksAndRejections", "runNextTicks"];
/** Calls that are looked at, the innermost ones. */
const stackDepth = 200;

/** What the hook stands between. */
export interface StopHookPlace {
  readonly runner: CellRunner;
  readonly link: StopLink;
  /** Code under this folder is never stopped. */
  readonly ownRoot: string;
}

/** Lets the guard ask whether to stop what runs. After `stop` everything on the stack is about to end. */
export function installStopHook({ runner, link, ownRoot }: StopHookPlace): void {
  const isOwn = ownCodeUnder(ownRoot);
  const prepareToStop = (id: number, force: boolean) => {
    const calls = interruptedCalls();
    // There is nothing to stop: the next callback would be stopped instead, whatever it is.
    if (calls?.length === 0) return "go on";
    if (!force && !(calls && mayStop(calls, isOwn))) return "go on";
    const verdict = runner.judge(id, force);
    if (verdict !== "stop") return verdict;
    if (!askToStop(link)) return "go on";
    mendImmediates();
    dropContext();
    clearAsyncIdStack();
    return verdict;
  };
  Object.defineProperty(globalThis, Symbol.for(stopHookKey), { value: prepareToStop, enumerable: false });
}

/** Where code of a cell is on the stack. Elsewhere Node or we are at work, and what is half done would be lost. */
function mayStop(calls: readonly NodeJS.CallSite[], isOwn: (script: string) => boolean): boolean {
  if (asyncIdFunctions.has(calls[0]?.getFunctionName() ?? null)) return false;
  const owners = calls.map((call) => {
    const script = scriptOf(call);
    if (script.startsWith("node:")) return "node";
    return isOwn(script) ? "ours" : "user";
  });
  const user = owners.indexOf("user");
  // What a cell has called of ours is let through to its end: half an event, or one sent twice, is worse than a wait.
  if (user !== -1) return !owners.slice(0, user).includes("ours");
  return calls.every((call, at) => owners[at] === "node" && stoppableLoops.includes(call.getFunctionName()));
}

/** The calls that the guard has come into the middle of, the innermost first; none where a cell has frozen `Error`. */
function interruptedCalls(): readonly NodeJS.CallSite[] | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = stackDepth;
    Error.prepareStackTrace = (_, callSites) => callSites;
    Error.captureStackTrace(holder);
    // What the function above returns.
    const calls = holder.stack as readonly NodeJS.CallSite[];
    const hook = calls.findIndex((call) => scriptOf(call) === stopHookUrl);
    // Built-in functions have no lines, and calls that are awaited are not on the stack.
    return calls.slice(hook + 1).filter((call) => call.getLineNumber() !== null && !call.isAsync());
  } catch {
    return undefined;
  } finally {
    Reflect.set(Error, "prepareStackTrace", prepareStackTrace);
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

function scriptOf(call: NodeJS.CallSite): string {
  // The name of what the guard evaluates is empty.
  return call.getFileName() || call.getScriptNameOrSourceURL() || "";
}

/**
 * Empties Node's stack of async ids, as Node does after an uncaught exception. Code that is stopped in a timer or a
 * tick never takes its own ids away again, and Node ends the process over the difference.
 */
function clearAsyncIdStack(): void {
  const node = process as unknown as { readonly _fatalException?: (error: unknown, fromPromise: boolean) => boolean };
  if (node._fatalException === undefined) return;
  const own = !process.hasUncaughtExceptionCaptureCallback();
  // Somebody else's callback may exist; it hears of the marker once, which is better than an aborted process.
  if (own) process.setUncaughtExceptionCaptureCallback(() => undefined);
  try {
    node._fatalException(new Error("The cell was stopped."), false);
  } finally {
    if (own) process.setUncaughtExceptionCaptureCallback(null);
  }
}
