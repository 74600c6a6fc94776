// One kernel for one run: executes cells one after the other and hands every message to the cell that caused it.
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { OutputCollector } from "./cell-outputs.js";
import { type HeapFigures, parseHeapFigures } from "./heap-figures.js";
import type { KernelLaunch } from "./kernel-process.js";
import { startLocalKernel } from "./local-kernel.js";
import type { CellOutput, CodeCell, Metadata } from "./nbformat.js";
import { type RemoteLaunch, startRemoteKernel } from "./remote/remote-kernel.js";
import { loadServices } from "./services.js";
import type { SessionEnd, SessionKernel } from "./session-kernel.js";
import { aborted, sleep } from "./wait.js";

/** A kernel that can be started: on this machine or on a Jupyter server. */
export type NotebookKernel = KernelLaunch | RemoteLaunch;

/** What a session needs to know. */
export interface SessionOptions {
  readonly kernel: NotebookKernel;
  /** The kernel's working directory, when it is on this machine. */
  readonly cwd: string;
  readonly startTimeout?: number;
  readonly signal?: AbortSignal;
  /** Bytes of output that are kept of each cell; all when absent. */
  readonly outputLimit?: number | undefined;
  /** `added` is what a stream has got in addition. */
  readonly onOutput?: (output: CellOutput, cell: CodeCell, added?: string) => void;
  readonly onProblem?: (problem: string) => void;
  /** Told of the process of a kernel on this machine as soon as there is one. */
  readonly onSpawn?: (pid: number) => void;
  /** Asks the kernel, when it is ours, what V8 holds around each cell. */
  readonly measure?: boolean;
}

/** What goes with a cell. */
export interface ExecuteOptions {
  readonly stopOnError: boolean;
  /** Interrupts the cell; a kernel that does not react to that is ended. */
  readonly signal?: AbortSignal | undefined;
}

/** How the execution of a cell ended. */
export type ExecutionEnd =
  | { readonly status: "ok" | "error"; readonly heap?: HeapFigures }
  | { readonly status: "died"; readonly reason: string; readonly stderr: string };

/** A running kernel together with the cells that it has run. */
export class KernelSession {
  readonly #kernel: SessionKernel;
  readonly #options: SessionOptions;
  readonly #outputs: OutputCollector;
  /** By the id of its request: late output finds its cell. */
  readonly #executions = new Map<string, Execution>();

  private constructor(kernel: SessionKernel, options: SessionOptions) {
    this.#kernel = kernel;
    this.#options = options;
    const { outputLimit: limit, onProblem = () => undefined } = options;
    const onCut = ({ id }: CodeCell): void =>
      onProblem(`The cell ${id} shows more than --output-limit allows: the rest is left out.`);
    this.#outputs = new OutputCollector({ ...(limit !== undefined && { limit }), onCut });
    kernel.connection.anyMessage.connect(this.#take, this);
  }

  /** Starts a kernel and connects to it; throws a `KernelStartError` when it does not start. */
  static async start(options: SessionOptions): Promise<KernelSession> {
    const { kernel: launch, ...rest } = options;
    const isRemote = "server" in launch;
    return new KernelSession(
      await (isRemote ? startRemoteKernel(launch, rest) : startLocalKernel(launch, rest)),
      options,
    );
  }

  /** The id of the kernel's process; `undefined` when that is on another machine. */
  get pid(): number | undefined {
    return this.#kernel.pid;
  }

  /** What the kernel says of its language, for the notebook's metadata. */
  get languageInfo(): Metadata | undefined {
    const info = this.#kernel.info.language_info;
    return typeof info === "object" && info !== null ? { ...info } : undefined;
  }

  /** Executes a cell and collects its outputs; settles also when the kernel dies, hangs or is interrupted. */
  async execute(cell: CodeCell, { stopOnError, signal }: ExecuteOptions): Promise<ExecutionEnd> {
    const request = { code: cell.source, stop_on_error: stopOnError, allow_stdin: false };
    const asks = this.#options.measure === true && this.#kernel.info.implementation === "cellscope";
    const metadata = asks ? { cellscope: { measure: true } } : {};
    const future = this.#kernel.connection.requestExecute(request, true, metadata);
    // Settled by ourselves below; a kernel that dies rejects it.
    future.done.catch(() => undefined);
    const execution = new Execution(cell);
    this.#executions.set(future.msg.header.msg_id, execution);
    const watches = new AbortController();
    const gone = Promise.race([
      this.#kernel.died,
      this.#kernel.watch(watches.signal),
      this.#interruptOn(signal, watches.signal),
    ]).then(({ reason, stderr }) => ({ status: "died", reason, stderr }) as const);
    try {
      const end = await Promise.race([execution.ended, gone]);
      if (end.status !== "error" || signal?.aborted || !this.#wasInterrupted(cell)) return end;
      // A server interrupts the cell before it shuts the kernel down: that it was the latter is known in a moment.
      return await Promise.race([gone, sleep(shutdownNoticeTime, watches.signal).then(() => end)]);
    } finally {
      watches.abort();
    }
  }

  /** By somebody else, as a server may do; a kernel on this machine is ours alone. */
  #wasInterrupted({ outputs }: CodeCell): boolean {
    const error = outputs.findLast((output) => output.output_type === "error");
    return this.#kernel.pid === undefined && error !== undefined && interruptNames.includes(error.ename);
  }

  /** Ends the kernel; output that still comes until then is taken. */
  async close(): Promise<void> {
    await this.#kernel.close();
  }

  #take(_sender: Kernel.IKernelConnection, { msg, direction }: Kernel.IAnyMessageArgs): void {
    if (direction !== "recv" || !("msg_id" in msg.parent_header)) return;
    const execution = this.#executions.get(msg.parent_header.msg_id);
    if (execution === undefined) return;
    execution.take(msg);
    if (msg.channel !== "iopub") return;
    if (msg.header.msg_type === "comm_open") void this.#answerComm(msg);
    const changed = this.#outputs.add(execution.cell, {
      header: msg.header,
      // Its content is a JSON object, whatever the type of the message.
      content: msg.content as unknown as Readonly<Record<string, unknown>>,
    });
    if (changed) this.#options.onOutput?.(changed.output, execution.cell, changed.added);
  }

  /** Answers, as every front end does, the comm by which our kernel measures how far its front end is: it is closed again. Others stay, as widgets want it. */
  async #answerComm({ content }: KernelMessage.IMessage): Promise<void> {
    const { comm_id: id, target_name: target } = Object(content) as Readonly<Record<string, unknown>>;
    if (target !== distanceTarget || typeof id !== "string") return;
    const { KernelMessage } = await loadServices();
    const { connection } = this.#kernel;
    if (connection.isDisposed) return;
    const { clientId: session, username } = connection;
    const answer = { comm_id: id, data: {} };
    const message = KernelMessage.createMessage({
      msgType: "comm_close",
      channel: "shell",
      session,
      username,
      content: answer,
    });
    connection.sendShellMessage(message, false, true);
  }

  /** Interrupts the cell when it is to be stopped; settles when the kernel does not react to that. */
  async #interruptOn(signal: AbortSignal | undefined, stop: AbortSignal): Promise<SessionEnd> {
    await aborted(signal ? [signal, stop] : [stop]);
    const deadline = performance.now() + interruptTime;
    while (!stop.aborted && performance.now() < deadline) {
      // Again and again: the first one may overtake the request on its way, and then stops nothing.
      this.#kernel.interrupt();
      await sleep(interruptInterval, stop);
    }
    if (stop.aborted) return new Promise(() => undefined);
    await this.#kernel.kill();
    const reason = `The cell did not stop within ${interruptTime / 1000} s of an interrupt: the kernel was ended.`;
    return { reason, stderr: "" };
  }
}

/** Named by `magics/dispatch/front-end-distance.ts`. */
const distanceTarget = "cellscope.distance";
/** What our kernel and ipykernel call it. */
const interruptNames = ["Interrupted", "KeyboardInterrupt"];
const shutdownNoticeTime = 4000;
const interruptTime = 5000;
const interruptInterval = 1000;
/** A reply and the `idle` that belongs to it come on two sockets; a kernel that loses one of them must not hang the run. */
const secondHalfTime = 4000;

/** A request on its way: ended when its reply and its `idle` are there. */
class Execution {
  readonly cell: CodeCell;
  readonly ended: Promise<ExecutionEnd>;
  readonly #timing: Metadata = {};
  #settle: (end: ExecutionEnd) => void = () => undefined;
  #reply: KernelMessage.IMessage | undefined;
  #isIdle = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(cell: CodeCell) {
    this.cell = cell;
    const { timeout } = executionOf(cell);
    if (timeout !== undefined) this.#timing.timeout = timeout;
    cell.metadata.execution = this.#timing;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  take(message: KernelMessage.IMessage): void {
    const { header, channel } = message;
    // As above: the content of every message is a JSON object.
    const content = message.content as unknown as Readonly<Record<string, unknown>>;
    if (header.msg_type === "execute_input") {
      this.#note("iopub.execute_input", message);
      this.#setCount(content.execution_count);
    } else if (header.msg_type === "status" && channel === "iopub") {
      if (content.execution_state === "busy") this.#note("iopub.status.busy", message);
      if (content.execution_state !== "idle") return;
      this.#note("iopub.status.idle", message);
      this.#isIdle = true;
      this.#endWhenWhole();
    } else if (header.msg_type === "execute_reply") {
      this.#note("shell.execute_reply", message);
      this.#setCount(content.execution_count);
      this.#reply = message;
      this.#endWhenWhole();
    }
  }

  #note(name: string, { header }: KernelMessage.IMessage): void {
    this.#timing[name] = header.date || new Date().toISOString();
  }

  #setCount(count: unknown): void {
    if (typeof count === "number") this.cell.execution_count = count;
  }

  #endWhenWhole(): void {
    if (this.#reply && this.#isIdle) {
      clearTimeout(this.#timer);
      this.#end();
    } else this.#timer ??= setTimeout(() => this.#end(), secondHalfTime);
  }

  #end(): void {
    // As above: the content of every message is a JSON object.
    const reply = (this.#reply?.content ?? {}) as unknown as Readonly<Record<string, unknown>>;
    const hasError = this.cell.outputs.some((output) => output.output_type === "error");
    const hasFailed = reply.status !== undefined && reply.status !== "ok";
    // Some kernels tell of an error in the reply alone.
    if (hasFailed && !hasError) this.cell.outputs.push(errorOf(reply));
    const heap = parseHeapFigures(this.#reply?.metadata.cellscope);
    this.#settle({ status: hasError || hasFailed ? "error" : "ok", ...(heap && { heap }) });
  }
}

/** What the metadata of a cell say of its execution; a limit that the author set there stays. */
function executionOf({ metadata }: CodeCell): Metadata {
  const { execution } = metadata;
  // It is an object and not null.
  return typeof execution === "object" && execution !== null ? (execution as Metadata) : {};
}

function errorOf(reply: Readonly<Record<string, unknown>>): CellOutput {
  const { ename = "Error", evalue = `The kernel replied with the status "${String(reply.status)}".` } = reply;
  const traceback = Array.isArray(reply.traceback) ? reply.traceback.map(String) : [];
  const last = `${String(ename)}: ${String(evalue)}`;
  return {
    output_type: "error",
    ename: String(ename),
    evalue: String(evalue),
    traceback: traceback.length > 0 ? traceback : [last],
  };
}
