/** Text with which V8 begins to say why it gives up; 30 lines of addresses and collections follow. The line before it may be empty. */
const beginning = /(?:(?<=^|\n)\n)?(<--- Last few GCs --->|#\n# Fatal |FATAL ERROR: )/;

/** What Node writes at the exit of a process whose threads have inspector sessions: nobody waits for one. */
const exitNoise = /Waiting for the debugger to disconnect\.\.\.\r?\n/g;

/** Holds back what V8 writes while it dies, which the cell's error says in a sentence; hands it out if nothing dies. */
export class FatalText {
  private readonly pass: (text: string) => void;
  private readonly patience: number;
  private held = "";
  private timer: NodeJS.Timeout | undefined;

  /** `patience`: what is held back this long is handed out after all. */
  constructor(pass: (text: string) => void, patience = 2000) {
    this.pass = pass;
    this.patience = patience;
  }

  push(written: string): void {
    const text = written.replace(exitNoise, "");
    if (this.timer !== undefined) {
      this.held += text;
      return;
    }
    const start = text.search(beginning);
    const before = start === -1 ? text : text.slice(0, start);
    if (before !== "") this.pass(before);
    if (start === -1) return;
    this.held = text.slice(start);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.pass(this.held);
    }, this.patience);
  }

  /** The process has died: what is held back is not needed any more. */
  drop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
