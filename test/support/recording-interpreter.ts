import type { Binding, ExecuteOptions, Interpreter, Output } from "../../kernel/interpreter.js";
import type { KernelProbe } from "../../profiler/kernel-probe.js";

/** An interpreter that records what it is asked, and an output that records what it is given, in one log. */
export interface Recording {
  readonly interpreter: Interpreter;
  readonly output: Output;
  /** In order: `run CODE`, `stdout TEXT`, `display TEXT`, `inspect CODE`, `interrupt`, `bind NAME`, `close` … */
  readonly log: readonly string[];
  /** The options of each execution, in order. */
  readonly executions: readonly ExecuteOptions[];
  readonly bindings: readonly Binding[];
}

/**
 * Makes an interpreter whose every cell has its own trimmed code as its result. `throw` in it fails; `block` in it
 * does not end before it is interrupted; a name is known when it begins with `known`.
 */
export function createRecording(): Recording {
  const log: string[] = [];
  const executions: ExecuteOptions[] = [];
  const bindings: Binding[] = [];
  let stop: (() => void) | undefined;
  return {
    log,
    executions,
    bindings,
    output: {
      stream: (name, text) => log.push(`${name} ${text}`),
      display: ({ data }) => log.push(`display ${data["text/plain"]}`),
      clear: (wait) => log.push(`clear ${wait}`),
    },
    interpreter: {
      async execute(code, _output, options) {
        log.push(`run ${code}`);
        executions.push(options);
        options.watch?.onReading("a reading");
        if (code.includes("block")) {
          await new Promise<void>((resolve) => {
            stop = resolve;
          });
          return { status: "error", error: { ename: "Interrupted", evalue: "", traceback: [] } };
        }
        if (code.includes("throw")) return { status: "error", error: { ename: "Error", evalue: code, traceback: [] } };
        return { status: "ok", result: { "text/plain": code.trim() } };
      },
      async evaluate(expression) {
        log.push(`evaluate ${expression}`);
        return { status: "ok", result: { "text/plain": expression } };
      },
      async complete(code, cursor) {
        log.push(`complete ${code} @${cursor}`);
        return { matches: ["inner"], cursorStart: cursor, cursorEnd: cursor };
      },
      async inspect(code, cursor, detailLevel) {
        log.push(`inspect ${code} @${cursor} ${detailLevel}`);
        return code.includes("known") ? { "text/plain": `about ${code.trim()}` } : undefined;
      },
      async isComplete(code) {
        log.push(`isComplete ${code}`);
        return { status: "unknown" };
      },
      async interrupt() {
        log.push("interrupt");
        stop?.();
      },
      async bind(binding) {
        log.push(`bind ${binding.name}`);
        bindings.push(binding);
      },
      async deliver({ kind, commId }) {
        log.push(`deliver ${kind} ${commId}`);
      },
      comms: () => new Map([["c1", "target"]]),
      directory: () => ({ current: process.cwd() }),
      processes: () => [{ role: "kernel", pid: process.pid }],
      async close() {
        log.push("close");
      },
    },
  };
}

/** What a magic gets to measure where nothing can be measured. */
export const noProbe: KernelProbe = { processes: () => [], samplesEndpoint: async () => "", cellWatchPath: "" };
