import { Readable } from "node:stream";
import { sendEvent } from "./event-channel.js";
import { type AskingCell, nextInputRequest, noInput } from "./input.js";

/** What the standard input needs of the runner of cells. */
export interface StandardInputRunner {
  /** The cell that runs. */
  readonly running: () => AskingCell | undefined;
  /** Ends the cell `id` with an error. */
  readonly fail: (id: number, error: Error) => void;
}

/**
 * `process.stdin`: whoever reads from it, such as `node:readline`, makes the cell that runs ask for a line. What is
 * still wanted when the cell ends is asked for by the next one.
 */
export class StandardInput {
  private readonly runner: StandardInputRunner;
  private stream: Readable | undefined;
  private isWanted = false;
  private asked: { readonly request: number; readonly id: number } | undefined;

  constructor(runner: StandardInputRunner) {
    this.runner = runner;
  }

  /** Puts it in the place of `process.stdin`. */
  install(): void {
    Object.defineProperty(process, "stdin", { configurable: true, enumerable: true, get: () => this.current() });
  }

  /** Takes the answer to a request; `null` ends the stream. */
  answer(request: number, value: string | null): void {
    if (this.asked?.request !== request) return;
    this.asked = undefined;
    this.isWanted = false;
    this.stream?.push(value === null ? null : `${value}\n`);
  }

  /** Asks for what was wanted before this cell, unless the cell ends at once. */
  cellBegan(): void {
    if (this.isWanted) this.askSoon();
  }

  /** Closes whoever reads at this moment: it is part of a cell that was stopped. */
  stop(): void {
    if (this.isWanted) this.forget();
  }

  private forget(): void {
    this.stream?.destroy();
    this.stream = undefined;
    this.isWanted = false;
    this.asked = undefined;
  }

  private current(): Readable {
    if (this.stream === undefined || this.stream.destroyed || this.stream.readableEnded) this.stream = this.create();
    return this.stream;
  }

  private create(): Readable {
    this.isWanted = false;
    this.asked = undefined;
    const stream = new Readable({
      read: () => {
        if (this.stream !== stream) return;
        this.isWanted = true;
        this.askSoon();
      },
    });
    const unchanged = () => stream;
    return Object.assign(stream, { fd: 0, isTTY: false, ref: unchanged, unref: unchanged });
  }

  // Readers want input before they have written what it is for: the question goes first.
  private askSoon(): void {
    setImmediate(() => this.ask());
  }

  private ask(): void {
    const cell = this.runner.running();
    if (!this.isWanted || cell === undefined || this.asked?.id === cell.id) return;
    if (!cell.takesInput) {
      this.forget();
      this.runner.fail(cell.id, noInput());
      return;
    }
    const request = nextInputRequest();
    this.asked = { request, id: cell.id };
    sendEvent({ type: "input", id: cell.id, request, prompt: "", password: false, blocks: false });
  }
}
