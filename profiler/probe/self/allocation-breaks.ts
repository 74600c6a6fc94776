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

/** When breaks have taken too much time they are gone for so long, and longer each time. */
const shortestRest = 250;
const longestRest = 2000;

/** Serves the watch on the main thread, for as long as this thread lives. */
export function serveAllocationBreaks(): void {
  const channel = new BroadcastChannel(allocationChannel);
  channel.unref();
  let breaks: Breaks | undefined;
  let timer: NodeJS.Timeout | undefined;
  let rest = shortestRest;
  const handle = async ({ breaks: wanted }: AllocationCommand) => {
    clearTimeout(timer);
    switch (wanted) {
      case "arm": {
        breaks?.close();
        rest = shortestRest;
        const opened = new Breaks();
        breaks = opened;
        answer(await opened.open().then(armed, refused));
        return;
      }
      case "rest":
        timer = setTimeout(() => breaks?.set(), rest);
        timer.unref();
        rest = Math.min(longestRest, rest * 2);
        breaks?.remove();
        return;
      case "disarm":
        breaks?.close();
        breaks = undefined;
    }
  };
  const answer = (message: AllocationAnswer) => channel.postMessage(message);
  channel.onmessage = (event) => {
    // The watch on the main thread says this and nothing else.
    handle((event as { readonly data: AllocationCommand }).data).catch((error: unknown) => answer(refused(error)));
  };
}

function armed(): AllocationAnswer {
  return { armed: true };
}

function refused(error: unknown): AllocationAnswer {
  return { armed: false, reason: error instanceof Error ? error.message : String(error) };
}

interface Target {
  readonly objectId: string;
  readonly condition: string;
}

class Breaks {
  readonly #session = new Session();
  readonly #targets: Target[] = [];
  #ids: string[] = [];

  /** Sets the breaks; settles when they are there. */
  async open(): Promise<void> {
    this.#session.connectToMainThread();
    this.#session.on("Debugger.paused", ({ params }: InspectorNotification<Debugger.PausedEventDataType>) => {
      // Only running out of memory gets through: without a debugger V8 has its own limit back, and goes on as it would.
      if (params.reason === "OOM") this.#session.post("Debugger.disable");
      else this.#session.post("Debugger.resume");
    });
    await this.#ask("Debugger.enable", { maxScriptsCacheSize: 0 });
    // Neither a `debugger` statement nor another session's pause is this one's business.
    await this.#ask("Debugger.setSkipAllPauses", { skip: true });
    for (const name of Object.keys(allocators)) {
      const found = await this.#ask("Runtime.evaluate", { expression: name, silent: true, disableBreaks: true });
      const { objectId } = (found as { readonly result: { readonly objectId?: string } }).result;
      const condition = `globalThis[Symbol.for("${allocationSymbol}")]?.("${name}", arguments[0])`;
      if (objectId !== undefined) this.#targets.push({ objectId, condition });
    }
    await this.#setAll();
  }

  /** Sets the breaks once more. */
  set(): void {
    this.#setAll().catch(() => undefined); // They were set before: only the end of the session refuses.
  }

  remove(): void {
    for (const breakpointId of this.#ids) this.#session.post("Debugger.removeBreakpoint", { breakpointId });
    this.#ids = [];
  }

  close(): void {
    this.remove();
    this.#session.post("Debugger.disable");
    this.#session.disconnect();
  }

  async #setAll(): Promise<void> {
    const answers = await Promise.all(
      this.#targets.map((target) => this.#ask("Debugger.setBreakpointOnFunctionCall", { ...target })),
    );
    this.#ids.push(...answers.map((answer) => (answer as { readonly breakpointId: string }).breakpointId));
  }

  #ask(method: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, parameters, (error, answer) => {
        if (error === null) resolve(answer);
        else reject(new Error(`${method}: ${error.message}`));
      });
    });
  }
}
