import type { Interpreter, Outcome, Output } from "../../kernel/interpreter.js";
import type { CommMessage } from "../../kernel/protocol/comm.js";

/** An interpreter whose cells are lists of commands, one a line; and what a test sees and steers of it. */
export interface EchoInterpreter extends Interpreter {
  /** The cells in the order in which they began. */
  readonly executed: readonly { readonly code: string; readonly executionCount: number }[];
  /** The cursors that `complete` and `inspect` were given. */
  readonly cursors: readonly number[];
  /** The comm messages that were delivered. */
  readonly delivered: readonly CommMessage[];
  /** Lets every `wait NAME` and `later NAME …` go on. */
  readonly release: (name: string) => void;
  readonly isClosed: () => boolean;
}

/**
 * Makes an interpreter with the commands
 * `print TEXT`, `eprint TEXT`, `lines N`: text on stdout, on stderr, N numbered lines;
 * `display TEXT`, `display-as ID TEXT`, `update ID TEXT`, `clear`, `clear-wait`, `unsendable`;
 * `result TEXT`, `unsendable-result`, `throw MESSAGE` (the cell fails), `fault MESSAGE` (the kernel is at fault);
 * `page TEXT`: help; `ask PROMPT`, `ask-password PROMPT`: prints the answer, or `no input`;
 * `comm KIND ID TEXT`: a comm message, `open`, `message` or `close`, with the text as data and as a buffer;
 * `wait NAME`: until released; `block`: until interrupted; `later NAME TEXT`: printed on release, also after the end.
 * A text may hold escapes as in JSON. An expression is a command, whose text is its value when it has none.
 * A comm message that is delivered is answered by the same message; the target `refused` closes its comms.
 */
export function createEchoInterpreter(): EchoInterpreter {
  const executed: { code: string; executionCount: number }[] = [];
  const cursors: number[] = [];
  const delivered: CommMessage[] = [];
  const comms = new Map<string, string>();
  const gates = new Map<string, Gate>();
  const stops = new Set<() => void>();
  let closed = false;

  const gate = (name: string): Gate => {
    const existing = gates.get(name);
    if (existing) return existing;
    const made = createGate();
    gates.set(name, made);
    return made;
  };
  const stop = () => {
    for (const end of stops) end();
  };

  const runLine = async (command: string, text: string, output: Output): Promise<Outcome | undefined> => {
    const [word = "", ...rest] = text.split(" ");
    switch (command) {
      case "print":
        output.stream("stdout", text);
        return undefined;
      case "eprint":
        output.stream("stderr", text);
        return undefined;
      case "lines":
        for (let line = 1; line <= Number(text); line++) output.stream("stdout", `line ${line}\n`);
        return undefined;
      case "display":
        output.display({ data: { "text/plain": text } });
        return undefined;
      case "display-as":
        output.display({ data: { "text/plain": rest.join(" ") }, displayId: word });
        return undefined;
      case "update":
        output.display({ data: { "text/plain": rest.join(" ") }, displayId: word, update: true });
        return undefined;
      case "unsendable":
        output.display({ data: { "application/json": { big: 1n } } });
        return undefined;
      case "clear":
        output.clear(false);
        return undefined;
      case "clear-wait":
        output.clear(true);
        return undefined;
      case "result":
        return { status: "ok", result: { "text/plain": text } };
      case "unsendable-result":
        return { status: "ok", result: { "application/json": { big: 1n } } };
      case "throw":
        return failure("Error", text);
      case "fault":
        throw new TypeError(text);
      case "page":
        output.page?.({ "text/plain": text });
        return undefined;
      case "ask":
      case "ask-password": {
        const answer = await output.input?.({ prompt: text, password: command === "ask-password" });
        output.stream("stdout", answer === undefined ? "no input" : String(answer));
        return undefined;
      }
      case "comm": {
        const [commId = "", ...data] = rest;
        const kind = word as CommMessage["kind"];
        if (kind === "open") comms.set(commId, "echo");
        if (kind === "close") comms.delete(commId);
        output.comm?.(commMessage(kind, commId, data.join(" ")));
        return undefined;
      }
      case "wait":
        await gate(text).opened;
        return undefined;
      case "later":
        void gate(word).opened.then(() => output.stream("stdout", rest.join(" ")));
        return undefined;
      case "block": {
        const { opened, open } = createGate();
        stops.add(open);
        await opened;
        stops.delete(open);
        return failure("Interrupted", "the cell was interrupted");
      }
      case "":
        return undefined;
      default:
        return failure("SyntaxError", `no command ${JSON.stringify(command)}`);
    }
  };

  const run = async (code: string, output: Output): Promise<Outcome> => {
    for (const line of code.split("\n")) {
      const at = line.indexOf(" ");
      const command = at === -1 ? line : line.slice(0, at);
      const text: unknown = JSON.parse(`"${at === -1 ? "" : line.slice(at + 1)}"`);
      const outcome = await runLine(command, String(text), output);
      if (outcome) return outcome;
    }
    return { status: "ok" };
  };

  return {
    executed,
    cursors,
    delivered,
    release: (name) => gate(name).open(),
    isClosed: () => closed,
    execute: async (code, output, { executionCount }) => {
      executed.push({ code, executionCount });
      return run(code, output);
    },
    evaluate: async (expression, output) => {
      const outcome = await run(expression, output);
      return outcome.status === "ok" ? { result: { "text/plain": "undefined" }, ...outcome } : outcome;
    },
    deliver: async (message, output) => {
      delivered.push(message);
      const { kind, commId, targetName = "" } = message;
      if (kind === "open") comms.set(commId, targetName);
      if (kind === "close") comms.delete(commId);
      if (kind === "message") output.comm?.(message);
      if (targetName === "refused") {
        comms.delete(commId);
        output.comm?.({ kind: "close", commId, data: {}, metadata: {}, buffers: [] });
      }
    },
    comms: () => comms,
    complete: async (code, cursor) => {
      cursors.push(cursor);
      const start = code.slice(0, cursor).search(/\S*$/u);
      const matches = [`${code.slice(start, cursor)}!`];
      const items = matches.map((text) => ({ text, start, end: cursor, type: "keyword" }));
      return { matches, cursorStart: start, cursorEnd: cursor, items };
    },
    inspect: async (code, cursor, detailLevel) => {
      cursors.push(cursor);
      const text = code.slice(0, cursor);
      return text === "" ? undefined : { "text/plain": `${text} (${detailLevel})` };
    },
    isComplete: async (code) => {
      if (code.endsWith("{")) return { status: "incomplete", indent: "  " };
      return { status: code.includes("}{") ? "invalid" : "complete" };
    },
    interrupt: async () => stop(),
    bind: async () => undefined,
    directory: () => ({ current: process.cwd() }),
    processes: () => [{ role: "kernel", pid: process.pid }],
    close: async () => {
      closed = true;
      stop();
    },
  };
}

function commMessage(kind: CommMessage["kind"], commId: string, text: string): CommMessage {
  const opening = kind === "open" ? { targetName: "echo" } : {};
  return { kind, commId, ...opening, data: { text }, metadata: { of: text }, buffers: [Buffer.from(text)] };
}

interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

function createGate(): Gate {
  let resolveOpened: (() => void) | undefined;
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve;
  });
  return { opened, open: () => resolveOpened?.() };
}

function failure(ename: string, evalue: string): Outcome {
  return { status: "error", error: { ename, evalue, traceback: [`${ename}: ${evalue}`] } };
}
