// Runs in the guard's thread: breaks at the entry of the functions that allocate outside the heap. V8 evaluates the
// break's condition where the function is called, with its arguments and the stack under it; the condition is `false`,
// so nothing ever stops. No function is wrapped, and nothing that a cell can see changes.
import { type Debugger, type InspectorNotification, Session } from "node:inspector";
import { BroadcastChannel } from "node:worker_threads";
import {
  type AllocationAnswer,
  type AllocationCommand,
  allocationChannel,
  allocationSymbol,
} from "../../allocation-channel.js";
import { allocators } from "./allocators.js";
import { askSession } from "./ask-session.js";

/** When breaks have taken too much time they are off for so long, and longer each time. */
const shortestRest = 250;
const longestRest = 2000;
/**
 * To set breaks V8 walks through the heap, twice: they stay, switched off, for the next measured cell. Switched off, a
 * break costs half a microsecond a call.
 */
const keptFor = 60_000;

/** Serves the watch on the main thread, for as long as this thread lives. */
export function serveAllocationBreaks(): void {
  const channel = new BroadcastChannel(allocationChannel);
  channel.unref();
  const answer = (message: AllocationAnswer) => channel.postMessage(message);
  let breaks: Breaks | undefined;
  let timer: NodeJS.Timeout | undefined;
  let rest = shortestRest;
  const later = (action: () => void, delay: number) => {
    timer = setTimeout(action, delay);
    timer.unref();
  };
  const drop = () => {
    breaks?.close();
    breaks = undefined;
  };
  const handle = async ({ breaks: wanted }: AllocationCommand) => {
    clearTimeout(timer);
    switch (wanted) {
      case "arm":
        rest = shortestRest;
        if (breaks?.isOpen() !== true) drop();
        breaks ??= new Breaks();
        await breaks.open();
        await breaks.activate(true);
        answer({ armed: true });
        return;
      case "rest":
        later(() => void breaks?.activate(true).catch(drop), rest);
        rest = Math.min(longestRest, rest * 2);
        await breaks?.activate(false);
        return;
      case "disarm":
        later(drop, keptFor);
        await breaks?.activate(false);
    }
  };
  channel.onmessage = (event) => {
    // The watch on the main thread says this and nothing else.
    handle((event as { readonly data: AllocationCommand }).data).catch((error: unknown) => {
      drop();
      answer({ armed: false, reason: error instanceof Error ? error.message : String(error) });
    });
  };
}

class Breaks {
  readonly #session = new Session();
  #opening: Promise<void> | undefined;
  #open = true;

  /** Whether nobody has closed it. */
  isOpen(): boolean {
    return this.#open;
  }

  /** Sets the breaks, once; settles when they are there. */
  open(): Promise<void> {
    this.#opening ??= this.#set();
    return this.#opening;
  }

  async activate(active: boolean): Promise<void> {
    await askSession(this.#session, "Debugger.setBreakpointsActive", { active });
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#session.post("Debugger.disable");
    this.#session.disconnect();
  }

  async #set(): Promise<void> {
    this.#session.connectToMainThread();
    this.#session.on("Debugger.paused", ({ params }: InspectorNotification<Debugger.PausedEventDataType>) => {
      // Only running out of memory gets through: without a debugger V8 has its own limit back, and goes on as it would.
      if (params.reason === "OOM") this.close();
      else this.#session.post("Debugger.resume");
    });
    await askSession(this.#session, "Debugger.enable", { maxScriptsCacheSize: 0 });
    // Neither a `debugger` statement nor another session's pause is this one's business.
    await askSession(this.#session, "Debugger.setSkipAllPauses", { skip: true });
    for (const name of Object.keys(allocators)) {
      const found = await askSession(this.#session, "Runtime.evaluate", {
        expression: name,
        silent: true,
        disableBreaks: true,
      });
      const { objectId } = (found as { readonly result: { readonly objectId?: string } }).result;
      const condition = `globalThis[Symbol.for("${allocationSymbol}")]?.("${name}", arguments[0])`;
      if (objectId !== undefined)
        await askSession(this.#session, "Debugger.setBreakpointOnFunctionCall", { objectId, condition });
    }
  }
}
