// One executor process as the kernel sees it: spawned, spoken to, drained to the end.
import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { encodeFrame, FrameReader } from "../protocol/frames.js";
import { type Death, describeDeath } from "./death.js";
import { laneCount, laneDescriptors } from "./lanes.js";
import { LineReader } from "./line-reader.js";
import type { Command, Event, GuardCommand, GuardEvent } from "./link.js";
import { mallocSettings } from "./malloc-settings.js";
import { type OomKills, readOomKills } from "./oom-kills.js";
import { killGroup } from "./process-group.js";

/** How an executor is started. */
export interface ExecutorSettings {
  /** Absolute path of the built `kernel/executor/main`. */
  readonly mainPath: string;
  /** The notebook's directory. */
  readonly cwd: string;
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Limit of the old space of the JavaScript heap, in bytes; V8's own choice when absent. */
  readonly maxOldSpace?: number;
  /** Answers what cells ask of the kernel; a question that is refused, or unknown, is an error for who asked. */
  readonly answer?: (question: string, argument: unknown) => Promise<unknown>;
  /** The Node binary; that of this process when absent. */
  readonly nodePath?: string;
}

/** What an executor process tells. */
export interface ExecutorListener {
  readonly onEvent: (event: Event) => void;
  /** Text that native code and child processes wrote; with the lane that it came on, if it did. */
  readonly onText: (name: "stdout" | "stderr", text: string, lane?: number) => void;
  readonly onProbe: (event: GuardEvent) => void;
  /** Called once, after everything that it wrote has been handed on. */
  readonly onEnd: (death: Death) => void;
}

/** A process that is not ready by then is given up. */
const startLimit = 20_000;
/** Pipes may be held open by processes that left the group; so long is waited for the last bytes. */
const drainLimit = 1000;
/** Time for what cells left to be done at the exit. */
const closeLimit = 500;
/** Where text and events come from. */
const laneNumbers = Array.from({ length: laneCount }, (_, lane) => lane);
const outputDescriptors: readonly number[] = [
  ...[1, 2, 4],
  ...laneNumbers.flatMap((lane) => Object.values(laneDescriptors(lane))),
];
const keptStderr = 16 * 1024;
const contextFrameFlag = "--experimental-async-context-frame";
const mebibyte = 1024 * 1024;

/** One executor process, from its start to its end. */
export class ExecutorProcess {
  private readonly child: ChildProcess;
  private readonly listener: ExecutorListener;
  private readonly oomKillsBefore: OomKills;
  private readonly startTimer: NodeJS.Timeout;
  private readonly ended: Promise<void>;
  private isReady = false;
  private failure: string | undefined;
  private killedByUser = false;
  private draining = false;
  private stderr = "";

  constructor(settings: ExecutorSettings, listener: ExecutorListener) {
    this.listener = listener;
    this.oomKillsBefore = readOomKills();
    this.child = spawnNode(settings);
    this.startTimer = setTimeout(() => {
      this.fail(`it was not ready within ${startLimit / 1000} s`);
    }, startLimit);
    this.listen();
    this.ended = this.waitForEnd();
  }

  /** `undefined` when it could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Whether it has reached the point where cells can run. */
  get ready(): boolean {
    return this.isReady;
  }

  send(command: Command): void {
    this.stream(3)?.write(encodeFrame(command));
  }

  tellGuard(command: GuardCommand): void {
    this.stream(5)?.write(`${JSON.stringify(command)}\n`);
  }

  /** While it is held, what it writes is left where it is, and it waits when there is no more room. */
  hold(isHeld: boolean): void {
    for (const fd of outputDescriptors) {
      const stream = this.readable(fd);
      // What a dead process has left fits into the pipes, and is read to the end.
      if (isHeld && !this.draining) stream?.pause();
      else stream?.resume();
    }
  }

  /** Lets it run on when the system holds it, as after a SIGSTOP. */
  continue(): void {
    // There is no such signal on Windows; a process that has ended needs none.
    if (process.platform !== "win32") this.child.kill("SIGCONT");
  }

  /** Ends it at once, for a cell that cannot be stopped otherwise. */
  kill(): void {
    this.killedByUser = true;
    this.killGroup();
  }

  /** Lets it end, and ends it when it does not; settles when it is gone and drained. */
  async close(): Promise<void> {
    this.stream(3)?.end();
    const timer = setTimeout(() => this.killGroup(), closeLimit);
    await this.ended;
    clearTimeout(timer);
  }

  private listen(): void {
    const events = new FrameReader();
    this.stream(4)?.on("data", (chunk: Buffer) => this.receive(events, chunk));
    const lines = new LineReader();
    this.stream(5)
      ?.setEncoding("utf8")
      .on("data", (text: string) => {
        for (const line of lines.push(text)) this.listener.onProbe(JSON.parse(line) as GuardEvent);
      });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => this.listener.onText("stdout", text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-keptStderr);
      this.listener.onText("stderr", text);
    });
    for (const lane of laneNumbers) {
      for (const name of ["stdout", "stderr"] as const) {
        const stream = this.readable(laneDescriptors(lane)[name])?.setEncoding("utf8");
        stream?.on("data", (text: string) => this.listener.onText(name, text, lane));
      }
    }
    // A pipe that breaks belongs to a process that has ended; its end tells why.
    for (const stream of this.child.stdio) stream?.on("error", () => undefined);
  }

  private receive(reader: FrameReader, chunk: Buffer): void {
    const events = reader.read(chunk);
    for (;;) {
      let next: IteratorResult<unknown, void>;
      try {
        next = events.next();
      } catch (error) {
        // Code of a cell has written to file descriptor 4 itself: nothing after that can be trusted.
        this.fail(`what it sent cannot be read (${String(error)}); file descriptors 3 to 5 belong to Cellscope`);
        return;
      }
      if (next.done === true) return;
      this.take(next.value as Event);
    }
  }

  private take(event: Event): void {
    if (event.type === "ready") {
      this.isReady = true;
      clearTimeout(this.startTimer);
    }
    this.listener.onEvent(event);
  }

  private fail(reason: string): void {
    this.failure ??= reason;
    this.killGroup();
  }

  private killGroup(): void {
    if (this.child.pid !== undefined) killGroup(this.child.pid);
  }

  private async waitForEnd(): Promise<void> {
    const { exitCode, signal } = await new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
      this.child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
      this.child.once("error", (error) => {
        this.failure ??= `it could not be started: ${error.message}`;
        if (this.child.pid === undefined) resolve({ exitCode: null, signal: null });
      });
    });
    clearTimeout(this.startTimer);
    // What a dead executor has started serves nobody any more.
    this.killGroup();
    await this.drain();
    this.listener.onEnd(this.describeDeath(exitCode, signal));
  }

  private async drain(): Promise<void> {
    this.draining = true;
    this.hold(false);
    const readable = outputDescriptors.map((fd) => this.readable(fd)).filter((stream) => stream !== undefined);
    const closed = Promise.all(readable.map(closeOf));
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainLimit);
    });
    await Promise.race([closed, limit]);
    clearTimeout(timer);
    for (const stream of this.child.stdio) stream?.destroy();
  }

  private describeDeath(exitCode: number | null, signal: string | null): Death {
    if (this.failure !== undefined) return { name: "ExecutorDied", cause: this.failure };
    const now = readOomKills();
    const { inCgroup, onMachine } = this.oomKillsBefore;
    const oomKills = { inCgroup: now.inCgroup - inCgroup, onMachine: now.onMachine - onMachine };
    return describeDeath({ exitCode, signal, stderr: this.stderr, oomKills, killedByUser: this.killedByUser });
  }

  private readable(fd: number): Readable | undefined {
    // Node types descriptors above 2 as streams of either way; these are all read from here.
    return ((this.child.stdio as readonly unknown[])[fd] as Readable | null | undefined) ?? undefined;
  }

  private stream(fd: 3 | 4 | 5): Duplex | undefined {
    // Node types descriptors above 2 as one way; libuv makes them socket pairs.
    const stream = (this.child.stdio as readonly unknown[])[fd] as Duplex | null | undefined;
    return stream?.destroyed === false ? stream : undefined;
  }
}

function spawnNode({ mainPath, cwd, env = process.env, maxOldSpace, nodePath }: ExecutorSettings): ChildProcess {
  const own = Object.fromEntries(Object.entries(mallocSettings).filter(([name]) => env[name] === undefined));
  const flags = [
    // `import()` in a cell asks the executor for what the notebook has not installed.
    "--experimental-vm-modules",
    // Node 22 keeps the contexts of asynchronous code in V8 only when asked to; later versions always do. The hooks
    // that it uses otherwise make every await slower, and stopping code riskier.
    ...(process.allowedNodeEnvironmentFlags.has(contextFrameFlag) ? [contextFrameFlag] : []),
    // A belt: a stopped timer must not end the process over Node's bookkeeping.
    "--no-force-async-hooks-checks",
    ...(maxOldSpace === undefined ? [] : [`--max-old-space-size=${Math.max(1, Math.round(maxOldSpace / mebibyte))}`]),
  ];
  return spawn(nodePath ?? process.execPath, [...flags, mainPath], {
    cwd,
    env: { ...env, ...own, CELLSCOPE_OWN_ENV: Object.keys(own).join(",") },
    stdio: [
      "ignore",
      "pipe",
      "pipe",
      "pipe",
      "pipe",
      "pipe",
      ...Array.from({ length: 2 * laneCount }, () => "pipe" as const),
    ],
    // A group of its own: it ends as a whole, and a terminal's Ctrl-C does not reach it.
    detached: true,
    windowsHide: true,
  });
}

function closeOf(stream: Readable): Promise<void> {
  return stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once("close", () => resolve()));
}
