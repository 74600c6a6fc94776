// The kernel's end of the language process: starts it, asks, and starts it again when it dies.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { isStopped } from "../process-state.js";
import { encodeFrame, FrameReader } from "../protocol/frames.js";
import { nodeLibraries } from "./libraries.js";
import type { OwnPaths } from "./module-resolution.js";
import type { Dialect, Method, ProcessArguments, Reply, Request } from "./process-link.js";
import type { Conversion, Language } from "./requests.js";
import { Snapshot, snapshotFlags } from "./snapshot.js";

/** How the language process is started. */
export interface LanguageOptions {
  /** The bundle of `main.ts`. */
  readonly mainPath: string;
  /** Where start-up snapshots and compiled code are kept. */
  readonly cacheDirectory: string;
  /** The notebook's directory, from which modules are resolved. */
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What cells are written in; TypeScript when absent. */
  readonly dialect?: Dialect;
  /** Milliseconds that a request may take before the process is taken for stuck. */
  readonly timeLimit?: number;
  /** Milliseconds from the first readiness to the building of a snapshot; `false` builds and uses none. */
  readonly snapshotDelay?: number | false;
}

/** The language process is to blame, not the cell. */
class LanguageError extends Error {
  override readonly name = "LanguageError";
}

interface Pending {
  readonly request: Request;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** How often the process died while it was at this request. */
  deaths: number;
  timer?: NodeJS.Timeout;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

interface Running {
  readonly child: Child;
  readonly snapshotPath: string | undefined;
  ready: boolean;
  stderr: string;
}

const startLimit = 60_000;
const closeLimit = 1000;
/** Time between two looks at a process that owes an answer: one that is stopped at both is given up. */
const lookInterval = 1000;
/** Processes in a row that died before they were ready; then the requests fail. */
const failedStartLimit = 3;

/** Starts the language process; requests may be made at once. */
export function startLanguage(options: LanguageOptions): Language {
  const client = new LanguageClient(options);
  client.start();
  return {
    convert: (...args) => client.convert(...args),
    enter: (...args) => client.enter(...args),
    mergeDeclarations: (...args) => client.ask("mergeDeclarations", args),
    complete: (...args) => client.ask("complete", args),
    inspect: (...args) => client.ask("inspect", args),
    isComplete: (...args) => client.ask("isComplete", args),
    probe: (...args) => client.ask("probe", args),
    pid: () => client.pid(),
    close: () => client.close(),
  };
}

/** Builds the start-up snapshot for this Node, where there is none yet and one can be built. */
export async function prepareLanguage(options: Omit<LanguageOptions, "cwd">): Promise<void> {
  await createSnapshot(options).build();
}

/** The start-up snapshot for this Node, if it has been built. */
export function findPreparedLanguage(options: Omit<LanguageOptions, "cwd">): string | undefined {
  return createSnapshot(options).find();
}

function createSnapshot(options: Omit<LanguageOptions, "cwd">): Snapshot {
  return new Snapshot({
    mainPath: options.mainPath,
    directory: options.cacheDirectory,
    mainArguments: mainArguments(options.mainPath),
    env: languageEnv(options),
  });
}

function mainArguments(mainPath: string): readonly string[] {
  const processArguments: ProcessArguments = { own: findOwnPaths(mainPath), libraries: nodeLibraries() };
  return [JSON.stringify(processArguments)];
}

class LanguageClient {
  private readonly options: LanguageOptions;
  private readonly mainArguments: readonly string[];
  private readonly env: NodeJS.ProcessEnv;
  private readonly snapshot: Snapshot | undefined;
  /** Oldest first, which is the one that the process is at. */
  private readonly pending = new Map<number, Pending>();
  private running: Running | undefined;
  private nextId = 1;
  private failedStarts = 0;
  private closed = false;
  private buildTimer: NodeJS.Timeout | undefined;
  private lookTimer: NodeJS.Timeout | undefined;
  private readonly timeLimit: number;
  /** What a process that is started anew has to be told first: where the cells are, and the modules that they wrote. */
  private directory: string | undefined;
  private readonly cellModules = new Map<string, string>();

  constructor(options: LanguageOptions) {
    this.options = options;
    this.timeLimit = options.timeLimit ?? 60_000;
    this.mainArguments = mainArguments(options.mainPath);
    this.env = languageEnv(options);
    if (options.snapshotDelay !== false) this.snapshot = createSnapshot(options);
  }

  pid(): number | undefined {
    return this.running?.child.pid;
  }

  ask<T>(method: Method, args: readonly unknown[]): Promise<T> {
    if (this.closed) return Promise.reject(new LanguageError(`The language process is closed; it cannot ${method}.`));
    const request: Request = { id: this.nextId, method, args };
    this.nextId += 1;
    return new Promise<T>((resolve, reject) => {
      // The type of the answer is that of the method: both ends are built from one source.
      const pending: Pending = { request, resolve: (value) => resolve(value as T), reject, deaths: 0 };
      this.pending.set(request.id, pending);
      this.watch();
      if (this.running) this.send(this.running, pending);
      else this.start();
    });
  }

  async convert(declarations: string, code: string): Promise<Conversion> {
    const conversion = await this.ask<Conversion>("convert", [declarations, code]);
    if (conversion.status === "module") this.cellModules.set(conversion.path, code);
    return conversion;
  }

  async enter(declarations: string, directory: string): Promise<string> {
    const moved = await this.ask<string>("enter", [declarations, directory]);
    this.directory = directory;
    return moved;
  }

  /** Starts the process, and gives it what is pending. */
  start(): void {
    const snapshotPath = this.snapshot?.find();
    const fromSnapshot = (path: string) => [...snapshotFlags, "--snapshot-blob", path];
    const program = snapshotPath === undefined ? [this.options.mainPath] : fromSnapshot(snapshotPath);
    const child = spawn(process.execPath, [...program, this.options.dialect ?? "typescript", ...this.mainArguments], {
      cwd: this.options.cwd,
      env: this.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const running: Running = { child, snapshotPath, ready: false, stderr: "" };
    this.running = running;
    const startTimer = setTimeout(() => child.kill("SIGKILL"), startLimit);
    const reader = new FrameReader();
    child.stdout.on("data", (chunk: Buffer) => {
      try {
        for (const reply of reader.push(chunk)) {
          clearTimeout(startTimer);
          this.receive(running, reply as Reply);
        }
      } catch (error) {
        running.stderr += `Its answer cannot be read: ${String(error)}\n`;
        child.kill("SIGKILL");
      }
    });
    child.stderr.on("data", (chunk: Buffer) => {
      running.stderr = (running.stderr + chunk.toString()).slice(-4000);
    });
    // A process that is gone is noticed by its end; what could not be written to it is sent to the next one.
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => {
      running.stderr += error.message;
      // Without a pid there will be no end to notice.
      if (child.pid === undefined) this.ended(running, "could not be started");
    });
    child.on("close", (code, signal) => {
      clearTimeout(startTimer);
      this.ended(running, signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
    });
    this.restore(running);
    for (const pending of this.pending.values()) this.send(running, pending);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.buildTimer);
    clearInterval(this.lookTimer);
    this.snapshot?.stop();
    this.fail(new LanguageError("The language process was closed before it answered."));
    const { running } = this;
    const child = running?.child;
    // One that is still starting hears nothing until it is ready. Neither it nor one that began from a snapshot has anything
    // to leave; without a snapshot, Node writes down at the end what it has compiled.
    if (running?.ready === false || running?.snapshotPath !== undefined) running.child.kill("SIGKILL");
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), closeLimit);
      child.on("close", () => {
        clearTimeout(timer);
        resolve();
      });
      child.stdin.end();
    });
  }

  /** Nobody waits for the answers; what fails here fails with the first request that needs it. */
  private restore({ child }: Running): void {
    const tell = (method: Method, args: readonly unknown[]) => {
      child.stdin.write(encodeFrame({ id: this.nextId, method, args } satisfies Request));
      this.nextId += 1;
    };
    if (this.directory !== undefined) tell("enter", ["", this.directory]);
    for (const [path, code] of this.cellModules) tell("define", [path, code]);
  }

  private send({ child }: Running, pending: Pending): void {
    pending.timer ??= setTimeout(() => this.timeOut(pending), this.timeLimit);
    child.stdin.write(encodeFrame(pending.request));
  }

  private receive(running: Running, reply: Reply): void {
    if ("ready" in reply) {
      running.ready = true;
      this.failedStarts = 0;
      if (running.snapshotPath === undefined) this.scheduleBuild();
      return;
    }
    const pending = this.pending.get(reply.id);
    if (!pending) return;
    this.forget(pending);
    if ("value" in reply) pending.resolve(reply.value);
    else {
      const { method } = pending.request;
      pending.reject(
        new LanguageError(`The language process failed to ${method}: ${reply.error.message}`, {
          cause: reply.error.stack,
        }),
      );
    }
  }

  private timeOut(pending: Pending): void {
    const seconds = this.timeLimit / 1000;
    this.forget(pending);
    pending.reject(
      new LanguageError(
        `The language process did not ${pending.request.method} within ${seconds} s and was restarted.`,
      ),
    );
    this.running?.child.kill("SIGKILL");
  }

  /** Looks at the process as long as it owes an answer: one that is stopped (SIGSTOP) would owe it for ever. */
  private watch(): void {
    let stopped: Running | undefined;
    this.lookTimer ??= setInterval(() => {
      const { running } = this;
      if (this.pending.size === 0) {
        clearInterval(this.lookTimer);
        this.lookTimer = undefined;
        return;
      }
      const { pid } = running?.child ?? {};
      const isNow = pid !== undefined && isStopped(pid);
      if (isNow && stopped === running) running?.child.kill("SIGKILL");
      stopped = isNow ? running : undefined;
    }, lookInterval);
    this.lookTimer.unref();
  }

  private ended(running: Running, how: string): void {
    if (this.running !== running) return;
    this.running = undefined;
    if (this.closed) return;
    if (!running.ready) {
      if (running.snapshotPath !== undefined) this.snapshot?.discard(running.snapshotPath);
      this.failedStarts += 1;
      if (this.failedStarts >= failedStartLimit) {
        this.failedStarts = 0;
        this.fail(
          new LanguageError(`The language process ${how} before it was ready. ${running.stderr.trim()}`.trim()),
        );
        return;
      }
    } else this.blame(how, running.stderr);
    this.start();
  }

  /** Only the oldest request can have been the cause; it gets a second chance, since it may not have been. */
  private blame(how: string, stderr: string): void {
    const [oldest] = this.pending.values();
    if (!oldest) return;
    oldest.deaths += 1;
    if (oldest.deaths < 2) return;
    this.forget(oldest);
    const { method } = oldest.request;
    oldest.reject(
      new LanguageError(`The language process ${how}, twice, while it was to ${method}. ${stderr.trim()}`.trim()),
    );
  }

  private forget(pending: Pending): void {
    clearTimeout(pending.timer);
    this.pending.delete(pending.request.id);
  }

  private fail(error: LanguageError): void {
    for (const pending of [...this.pending.values()]) {
      this.forget(pending);
      pending.reject(error);
    }
  }

  private scheduleBuild(): void {
    const { snapshot } = this;
    const { snapshotDelay = 2000 } = this.options;
    if (!snapshot || snapshotDelay === false || this.buildTimer) return;
    this.buildTimer = setTimeout(() => {
      this.buildTimer = undefined;
      snapshot
        .build()
        .catch((error: unknown) => process.stderr.write(`cellscope: language snapshot: ${String(error)}\n`));
    }, snapshotDelay);
    this.buildTimer.unref();
  }
}

function languageEnv({ env = process.env, cacheDirectory }: Omit<LanguageOptions, "cwd">): NodeJS.ProcessEnv {
  const {
    // Node 20 reads the certificates at every start, for 36 ms; no TLS is spoken here.
    NODE_EXTRA_CA_CERTS: _certificates,
    // Meant for the code of the notebook. A snapshot also starts only with the flags that it was built with.
    NODE_OPTIONS: _options,
    // Node reads a snapshot of 40 MB into memory twice: in large pages, where the system has them on demand, that takes
    // 40 page faults in the place of 20,000. What is no glibc, or an older one, does not look at this.
    GLIBC_TUNABLES: tunables,
    ...rest
  } = env;
  const largePages = "glibc.malloc.hugetlb=1";
  return {
    ...rest,
    NODE_COMPILE_CACHE: join(cacheDirectory, "compiled"),
    GLIBC_TUNABLES: tunables === undefined || tunables === "" ? largePages : `${tunables}:${largePages}`,
  };
}

function findOwnPaths(mainPath: string): OwnPaths {
  const require = createRequire(mainPath);
  const typeScript = dirname(require.resolve("typescript/package.json"));
  return {
    typeScriptLibrary: normalize(join(typeScript, "lib")),
    packageDirectory: normalize(join(dirname(mainPath), "..", "..", "..")),
    nodeTypeRoot: normalize(dirname(dirname(findNodeTypes(require)))),
  };
}

function findNodeTypes(require: NodeJS.Require): string {
  try {
    return require.resolve("@types/node/package.json");
  } catch {
    // tslab depends on them; where nothing is hoisted, only it can see them.
    return createRequire(require.resolve("tslab/package.json")).resolve("@types/node/package.json");
  }
}

/** As TypeScript writes paths, on every system. */
function normalize(path: string): string {
  return path.replaceAll("\\", "/");
}
