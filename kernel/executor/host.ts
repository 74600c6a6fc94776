// The executor as the kernel uses it: always one process that is ready or will be, also after the last one died.
import { setImmediate } from "node:timers/promises";
import type { CommMessage } from "../protocol/comm.js";
import type { DisplayData } from "../protocol/mime.js";
import type { Death } from "./death.js";
import { ExecutorProcess, type ExecutorSettings } from "./executor-process.js";
import { FatalText } from "./fatal-text.js";
import type { Command, Event, ExecutionEnd, HeapUse, ThrownError } from "./link.js";

/** What is executed: the command of the link without what the host adds. */
export type ExecuteRequest = Omit<Extract<Command, { readonly type: "execute" }>, "type" | "id" | "takesInput">;

/** Where the output of an execution goes, also what comes after its end. */
export interface ExecutionOutput {
  readonly stream: (name: "stdout" | "stderr", text: string) => void;
  readonly display: (display: DisplayData) => void;
  readonly clear: (wait: boolean) => void;
  /** Absent when nobody answers; `undefined`: there will be no answer. */
  readonly input?: (request: {
    readonly prompt: string;
    readonly password: boolean;
  }) => Promise<string | null | undefined>;
  readonly comm?: (message: CommMessage) => void;
}

/** How an execution ended, as the kernel sees it. */
export interface ExecutionResult {
  readonly end: ExecutionEnd | { readonly status: "died"; readonly death: Death };
  /** Of the names that the cell declares, those that have got a value. */
  readonly assigned: readonly string[];
  /** What the watch measured; absent without a watch and when the executor died. */
  readonly reading?: unknown;
  /** What V8 held around the cell; absent when nobody asked, and when the cell was interrupted or took the executor down. */
  readonly heap?: HeapUse;
}

/** What happens to the executor. */
export type ExecutorChange =
  | { readonly type: "started"; readonly pid: number }
  | { readonly type: "ended"; readonly pid: number }
  | { readonly type: "cell-began"; readonly id: number; readonly name: string }
  | { readonly type: "cell-ended"; readonly id: number }
  /** A message from the module that was loaded into the guard's thread by its path. */
  | { readonly type: "probe"; readonly path: string; readonly message: unknown };

/** The executor of a kernel. */
export interface ExecutorHost {
  /** `undefined` between the end of one executor and the start of the next. */
  readonly pid: () => number | undefined;
  /** The working directory of the cells; `undefined` until an executor is ready. */
  readonly directory: () => string | undefined;
  /** Returns the function that takes the listener away. */
  readonly onChange: (listener: (change: ExecutorChange) => void) => () => void;
  /** Loads the module at `path` into the guard's thread of the executor (once) and hands it `message`. */
  readonly tellProbe: (path: string, message: unknown) => void;
  /** One at a time; rejects when another one has not ended yet. `onRun` hears of `runs` events, if the request asks for them. */
  readonly execute: (
    request: ExecuteRequest,
    output: ExecutionOutput,
    onRun?: (isRunning: boolean) => void,
  ) => Promise<ExecutionResult>;
  /** Stops what runs; settles when it has ended, or when it was said that it cannot be stopped. */
  readonly interrupt: () => Promise<void>;
  /** Gives a notebook variable a value. */
  readonly bind: (name: string, value: Extract<Command, { readonly type: "bind" }>["value"]) => Promise<void>;
  /** Hands a front end's comm message to the cells; settles when their handlers have returned, or were interrupted. */
  readonly deliver: (message: CommMessage, output: ExecutionOutput) => Promise<void>;
  /** The comms that are open: id to target name. */
  readonly comms: () => ReadonlyMap<string, string>;
  /** While it is held, no more of what cells write is read: soon they wait in the middle of a write. */
  readonly hold: (isHeld: boolean) => void;
  readonly close: () => Promise<void>;
}

interface Running {
  readonly id: number;
  readonly output: ExecutionOutput;
  readonly settle: (result: ExecutionResult) => void;
  readonly settled: Promise<ExecutionResult>;
  readonly onRun: ((isRunning: boolean) => void) | undefined;
  stopping: Promise<void> | undefined;
  unstoppable: boolean;
}

interface Binding {
  readonly settle: (error?: Error) => void;
}

/** An answer to the message alone takes less than this, unless the main thread is busy. */
const patience = 20;
/** Time between two attempts of the guard's. */
const betweenAttempts = 40;
/** After this long the guard stops code also where no pause has reached it. */
const forceAfter = 1500;
/** After this long the user is told that nothing helps, and may decide. */
const giveUpAfter = 5000;
/** Between attempts while the user decides. */
const betweenLateAttempts = 200;
const bindLimit = 30_000;
/** The outputs of so many cells are remembered for what comes late. */
const rememberedOutputs = 1000;
/** An executor that dies this early without having run anything is started again only when it is needed. */
const tooEarly = 2000;

/** Starts an executor, and from then on keeps one running until `close`. */
export function startExecutor(settings: ExecutorSettings): ExecutorHost {
  return new Host(settings);
}

class Host implements ExecutorHost {
  private readonly settings: ExecutorSettings;
  private readonly listeners = new Set<(change: ExecutorChange) => void>();
  private readonly outputs = new Map<number, ExecutionOutput>();
  /** Apart from those of cells: what nobody can be told to have written belongs to the latest cell. */
  private readonly handlerOutputs = new Map<number, ExecutionOutput>();
  private readonly handling = new Map<number, Running>();
  private readonly openComms = new Map<string, string>();
  private readonly bindings = new Map<number, Binding>();
  private process: ExecutorProcess | undefined;
  private running: Running | undefined;
  private workingDirectory: string | undefined;
  private lastId = 0;
  private held = false;
  private closed = false;

  constructor(settings: ExecutorSettings) {
    this.settings = settings;
    this.start();
  }

  readonly pid = (): number | undefined => this.process?.pid;

  readonly directory = (): string | undefined => this.workingDirectory;

  readonly onChange = (listener: (change: ExecutorChange) => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly tellProbe = (path: string, message: unknown): void => {
    this.process?.tellGuard({ type: "probe", path, message });
  };

  readonly execute: ExecutorHost["execute"] = async (request, output, onRun) => {
    if (this.running !== undefined) throw new Error(`${request.name} was to run before the cell before it had ended.`);
    const executor = this.process ?? this.start();
    const id = this.nextId();
    const running = createRunning(id, output, onRun);
    this.running = running;
    remember(this.outputs, id, output);
    this.tell({ type: "cell-began", id, name: request.name });
    try {
      executor.send({ type: "execute", id, ...request, takesInput: output.input !== undefined });
      return await running.settled;
    } finally {
      this.running = undefined;
      this.applyHold();
      this.tell({ type: "cell-ended", id });
    }
  };

  readonly interrupt = async (): Promise<void> => {
    const executor = this.process;
    const [handler] = this.handling.values();
    const running = this.running ?? handler;
    if (running === undefined || executor === undefined) return;
    if (running.unstoppable) {
      executor.kill();
      await running.settled;
      return;
    }
    running.stopping ??= this.stop(running, executor);
    this.applyHold();
    await running.stopping;
  };

  readonly bind = async (name: string, value: Extract<Command, { readonly type: "bind" }>["value"]): Promise<void> => {
    const executor = this.process ?? this.start();
    const id = this.nextId();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        settle(new Error(`${name} could not be given its value within ${bindLimit / 1000} s: the executor is busy.`));
      }, bindLimit);
      const settle = (error?: Error) => {
        clearTimeout(timer);
        this.bindings.delete(id);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.bindings.set(id, { settle });
      executor.send({ type: "bind", id, name, value });
    });
  };

  readonly deliver = async (message: CommMessage, output: ExecutionOutput): Promise<void> => {
    const { kind, commId, targetName = "" } = message;
    // What is said over a comm that is closed crossed with its end.
    if (kind !== "open" && !this.openComms.has(commId)) return;
    const executor = this.process ?? this.start();
    if (kind === "open") this.openComms.set(commId, targetName);
    else if (kind === "close") this.openComms.delete(commId);
    const id = this.nextId();
    const handling = createRunning(id, output);
    this.handling.set(id, handling);
    remember(this.handlerOutputs, id, output);
    try {
      executor.send({ type: "comm", id, message });
      await handling.settled;
    } finally {
      this.handling.delete(id);
    }
  };

  readonly comms = (): ReadonlyMap<string, string> => this.openComms;

  readonly hold = (isHeld: boolean): void => {
    this.held = isHeld;
    this.applyHold();
  };

  readonly close = async (): Promise<void> => {
    this.closed = true;
    await this.process?.close();
  };

  private start(): ExecutorProcess {
    const startedAt = performance.now();
    const fatalText = new FatalText((text) => this.latestOutput()?.stream("stderr", text));
    const idBefore = this.lastId;
    const lanes = new Map<number, number>();
    const executor = new ExecutorProcess(this.settings, {
      onEvent: (event) => {
        if (event.type === "lane") lanes.set(event.lane, event.id);
        else this.receive(event);
      },
      onText: (name, text, lane) => {
        const id = lane === undefined ? undefined : lanes.get(lane);
        if (id !== undefined) this.outputOf(id)?.stream(name, text);
        else if (name === "stderr") fatalText.push(text);
        else this.latestOutput()?.stream("stdout", text);
      },
      onProbe: ({ path, message }) => this.tell({ type: "probe", path, message }),
      onEnd: (death) => {
        fatalText.drop();
        const useless = this.lastId === idBefore && performance.now() - startedAt < tooEarly;
        this.replace(executor, death, !useless);
      },
    });
    this.process = executor;
    this.applyHold();
    if (executor.pid !== undefined) this.tell({ type: "started", pid: executor.pid });
    return executor;
  }

  /** Code that is to be stopped has to come out of its write first. */
  private applyHold(): void {
    const stopping = [this.running, ...this.handling.values()].some((running) => running?.stopping !== undefined);
    this.process?.hold(this.held && !stopping);
  }

  private replace(dead: ExecutorProcess, death: Death, atOnce: boolean): void {
    this.process = undefined;
    this.workingDirectory = undefined;
    if (dead.pid !== undefined) this.tell({ type: "ended", pid: dead.pid });
    if (!this.closed && atOnce && dead.ready) this.start();
    this.closeComms();
    const { running } = this;
    const died: ExecutionResult = { end: { status: "died", death }, assigned: [] };
    for (const handler of this.handling.values()) handler.settle(died);
    if (running !== undefined) running.settle(died);
    else if (!this.closed && dead.ready) {
      this.latestOutput()?.stream(
        "stderr",
        `The process that runs the cells ended: ${death.cause}. The variables of earlier cells are gone.\n`,
      );
    }
    for (const binding of this.bindings.values()) {
      binding.settle(new Error(`The process that runs the cells ended: ${death.cause}.`));
    }
  }

  private receive(event: Exclude<Event, { type: "lane" }>): void {
    switch (event.type) {
      case "ready":
        this.workingDirectory = event.directory;
        break;
      case "stream":
        this.outputOf(event.id)?.stream(event.name, event.text);
        break;
      case "display":
        this.outputOf(event.id)?.display(event.display);
        break;
      case "clear":
        this.outputOf(event.id)?.clear(event.wait);
        break;
      case "input":
        this.ask(event).catch((error: unknown) => {
          this.outputOf(event.id)?.stream("stderr", `The cell could not ask for input: ${String(error)}\n`);
        });
        break;
      case "ask":
        this.answer(event).catch((error: unknown) => {
          this.latestOutput()?.stream("stderr", `The kernel could not answer the cell: ${String(error)}\n`);
        });
        break;
      case "comm":
        this.sendComm(event.id, event.message);
        break;
      case "runs":
        if (this.running?.id === event.id) this.running.onRun?.(event.isRunning);
        break;
      case "handled":
        this.handling.get(event.id)?.settle({ end: { status: "ok" }, assigned: [] });
        break;
      case "done":
        this.workingDirectory = event.directory ?? this.workingDirectory;
        if (this.running?.id === event.id) settleAfterPipes(this.running, event);
        break;
      case "bound":
        this.bindings.get(event.id)?.settle(event.error && toError(event.error));
        break;
    }
  }

  private async ask({ id, request, prompt, password, blocks }: Extract<Event, { type: "input" }>): Promise<void> {
    const { running, process: executor } = this;
    if (running?.id !== id || executor === undefined) return;
    const value = await running.output.input?.({ prompt, password });
    if (value === undefined || this.process !== executor) return;
    const answer = { type: "input", request, value } as const;
    if (blocks) executor.tellGuard(answer);
    else executor.send(answer);
  }

  private async answer({ request, question, argument }: Extract<Event, { type: "ask" }>): Promise<void> {
    const executor = this.process;
    const { answer } = this.settings;
    const send = (result: Extract<Command, { type: "answer" }>["answer"]) => {
      if (this.process === executor) executor?.send({ type: "answer", request, answer: result });
    };
    try {
      if (answer === undefined) throw new Error("This kernel answers no questions of cells.");
      send({ value: await answer(question, argument) });
    } catch (error) {
      send({ error: error instanceof Error ? error.message : String(error) });
    }
  }

  private sendComm(id: number, message: CommMessage): void {
    const { kind, commId, targetName = "" } = message;
    if (kind === "open") this.openComms.set(commId, targetName);
    else if (kind === "close") this.openComms.delete(commId);
    this.outputOf(id)?.comm?.(message);
  }

  /** The other ends of the comms are gone with the process. */
  private closeComms(): void {
    const output = this.latestOutput();
    for (const commId of this.openComms.keys()) {
      output?.comm?.({ kind: "close", commId, data: {}, metadata: {}, buffers: [] });
    }
    this.openComms.clear();
  }

  private async stop(running: Running, executor: ExecutorProcess): Promise<void> {
    const { id } = running;
    const begun = performance.now();
    const elapsed = () => performance.now() - begun;
    executor.send({ type: "interrupt", id });
    // A thread that waits for input reads no messages, and runs no code that could be stopped.
    executor.tellGuard({ type: "wake", id });
    if (await settledWithin(running, patience)) {
      // What is left of the cell, such as a loop that waits, is swept away.
      executor.tellGuard({ type: "terminate", id });
      return;
    }
    let woken = false;
    while (elapsed() < giveUpAfter) {
      if (!woken && elapsed() > forceAfter) {
        // One that the system holds (SIGSTOP) hears nothing; what runs anyway does not notice.
        executor.continue();
        woken = true;
      }
      executor.tellGuard({ type: "wake", id });
      executor.tellGuard({ type: "terminate", id, force: elapsed() > forceAfter });
      executor.send({ type: "interrupt", id });
      if (await settledWithin(running, betweenAttempts)) return;
    }
    running.unstoppable = true;
    running.output.stream(
      "stderr",
      "This cell cannot be stopped yet: it is inside one long call of native code, which has to return first. " +
        "Interrupt once more to end its process; the variables of all cells are lost then.\n",
    );
    this.keepTrying(running, executor);
  }

  private keepTrying(running: Running, executor: ExecutorProcess): void {
    const timer = setInterval(() => {
      if ((this.running === running || this.handling.has(running.id)) && this.process === executor)
        executor.tellGuard({ type: "terminate", id: running.id });
      else clearInterval(timer);
    }, betweenLateAttempts);
    timer.unref();
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }

  private outputOf(id: number): ExecutionOutput | undefined {
    return this.outputs.get(id) ?? this.handlerOutputs.get(id) ?? this.latestOutput();
  }

  private latestOutput(): ExecutionOutput | undefined {
    return this.running?.output ?? [...this.outputs.values()].at(-1);
  }

  private tell(change: ExecutorChange): void {
    for (const listener of this.listeners) listener(change);
  }
}

function remember(outputs: Map<number, ExecutionOutput>, id: number, output: ExecutionOutput): void {
  outputs.set(id, output);
  for (const oldest of outputs.keys()) {
    if (outputs.size <= rememberedOutputs) break;
    outputs.delete(oldest);
  }
}

function createRunning(id: number, output: ExecutionOutput, onRun?: (isRunning: boolean) => void): Running {
  let settle: (result: ExecutionResult) => void = () => undefined;
  const settled = new Promise<ExecutionResult>((resolve) => {
    settle = resolve;
  });
  return { id, output, settle, settled, onRun, stopping: undefined, unstoppable: false };
}

/** What child processes wrote before the cell ended lies in other pipes: those get a turn of the event loop. */
function settleAfterPipes(running: Running, done: Extract<Event, { type: "done" }>): void {
  const { end, assigned, reading, heap } = done;
  const result = { end, assigned, ...(reading === undefined ? {} : { reading }), ...(heap && { heap }) };
  setImmediate()
    .then(() => setImmediate())
    .then(
      () => running.settle(result),
      () => running.settle(result),
    );
}

async function settledWithin(running: Running, limit: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limit);
  });
  try {
    return await Promise.race([running.settled.then(() => true), expired]);
  } finally {
    clearTimeout(timer);
  }
}

function toError(thrown: ThrownError): Error {
  return Object.assign(new Error(thrown.message), { name: thrown.name });
}
