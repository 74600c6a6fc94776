import { Session } from "node:inspector";
import { answerStops, type StopLink, stopHookKey, stopHookUrl } from "./stop-agreement.js";

/** How long after a request code may still turn up that is to be stopped: what is left of an interrupted cell. */
const sweep = 250;
/** What runs may be code that must not be stopped: it is looked at again. */
const lookInterval = 5;
/** A look that has not been answered for so long may never be: there is a new one then. */
const lostAfter = 1000;
/** While V8 is still ending what was stopped, nothing is asked of it. */
const restAfterStop = 40;

/**
 * Stops the code of cells from another thread. By the inspector it calls the stop hook in the middle of whatever the
 * main thread runs; when that may be stopped there, and is ready for it, V8 ends everything that is on the stack.
 */
export class CodeStopper {
  private session: Session | undefined;
  private timer: NodeJS.Timeout | undefined;
  private deadline: NodeJS.Timeout | undefined;
  private id = 0;
  private force = false;
  private askedAt: number | undefined;
  private restUntil = 0;

  constructor(link: StopLink) {
    answerStops(link, () => {
      const { session } = this;
      if (session === undefined) return undefined;
      return () => {
        this.restUntil = performance.now() + restAfterStop;
        // The main thread is inside the hook, and takes this message next, before anything else runs.
        session.post("Runtime.terminateExecution");
      };
    });
  }

  /** Stops what the execution `id` runs. With `force`, wherever it is: for code that is never found where it may be. */
  stop(id: number, { force }: { readonly force: boolean }): void {
    this.id = id;
    this.force = force;
    if (this.askedAt !== undefined && performance.now() - this.askedAt > lostAfter) this.close();
    if (this.session === undefined) this.open();
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.close(), sweep);
  }

  private open(): void {
    this.session = new Session();
    this.session.connectToMainThread();
    this.look();
    this.timer = setInterval(() => this.look(), lookInterval);
  }

  private look(): void {
    const { session } = this;
    const now = performance.now();
    if (session === undefined || this.askedAt !== undefined || now < this.restUntil) return;
    this.askedAt = now;
    const call = `globalThis[Symbol.for(${JSON.stringify(stopHookKey)})](${this.id}, ${this.force})`;
    const expression = `${call} //# sourceURL=${stopHookUrl}`;
    session.post("Runtime.evaluate", { expression, returnByValue: true }, (_, answer) => {
      if (session !== this.session) return;
      this.askedAt = undefined;
      if (answer?.result.value === "over") this.close();
    });
  }

  private close(): void {
    clearInterval(this.timer);
    clearTimeout(this.deadline);
    this.session?.disconnect();
    this.session = undefined;
    this.askedAt = undefined;
  }
}
