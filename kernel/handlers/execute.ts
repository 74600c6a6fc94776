import { setTimeout } from "node:timers/promises";
import type { CellOutput } from "../cell-output.js";
import { toErrorContent } from "../errors.js";
import type { HeapUse } from "../executor/link.js";
import { asksForHeap, HeapSum } from "../heap-sum.js";
import type { Outcome, Output } from "../interpreter.js";
import type { Content } from "../protocol/messages.js";
import type { ErrorContent, MimeBundle } from "../protocol/mime.js";
import { codeField, flagField, objectField } from "./fields.js";
import type { Handler, Request } from "./handler.js";

/** Answers `execute_request`, when its turn has come: runs the cell. */
export const handleExecute: Handler = async (request) => {
  const { history } = request.kernel;
  const options = parseOptions(request.content);
  const count = options.storeHistory ? history.add(options.code) : history.count;
  const ended = new AbortController();
  try {
    const sum = new HeapSum();
    const cell: Cell = { request, options, count, ended: ended.signal, payload: [] };
    const error = await executeCell(cell, asksForHeap(request.metadata) ? (use) => sum.add(use) : undefined);
    Object.assign(request.replyMetadata, sum.toMetadata());
    if (error === undefined) {
      const userExpressions = await evaluateAll(cell);
      return { status: "ok", execution_count: count, user_expressions: userExpressions, payload: cell.payload };
    }
    if (options.stopOnError) {
      // What the front end sent together with this cell may still be on its way when the cell fails at once.
      // What it sends after the reply is never aborted, for the reply comes last.
      await setTimeout(arrivalTime);
      request.executions.abortWaiting();
    }
    return { status: "error", execution_count: count, ...error };
  } finally {
    ended.abort();
  }
};

/** Answers an `execute_request` that had to wait for a cell that failed. */
export const handleAborted: Handler = async () =>
  // The spec text says "abort"; kernels and clients say "aborted".
  ({ status: "aborted" });

/** "Run all" in a browser reaches the kernel as messages a few milliseconds apart. */
const arrivalTime = 20;

interface ExecuteOptions {
  readonly code: string;
  readonly silent: boolean;
  readonly storeHistory: boolean;
  readonly stopOnError: boolean;
  readonly allowStdin: boolean;
  readonly userExpressions: Content;
}

/** One execution: what was asked, and what the reply will say. */
interface Cell {
  readonly request: Request;
  readonly options: ExecuteOptions;
  readonly count: number;
  /** Aborted when the cell has been answered. */
  readonly ended: AbortSignal;
  readonly payload: Content[];
}

function parseOptions(content: Content): ExecuteOptions {
  const silent = flagField(content, "silent", false);
  return {
    code: codeField(content),
    silent,
    storeHistory: flagField(content, "store_history", true) && !silent,
    stopOnError: flagField(content, "stop_on_error", true),
    allowStdin: flagField(content, "allow_stdin", false),
    userExpressions: objectField(content, "user_expressions"),
  };
}

async function executeCell(
  cell: Cell,
  onHeapUse: ((use: HeapUse) => void) | undefined,
): Promise<ErrorContent | undefined> {
  const { request, options, count } = cell;
  const { history, interpreter } = request.kernel;
  const { code, silent, storeHistory } = options;
  if (!silent) request.publish("execute_input", { code, execution_count: count });
  const cellOutput = request.createOutput();
  const outcome = await runCell(async () => {
    // A cell that is not recorded bears the next number, so that it does not take the name of one that is.
    const executionCount = storeHistory ? count : count + 1;
    const ended = await interpreter().execute(code, createOutput(cell, cellOutput), {
      executionCount,
      ...(onHeapUse && { onHeapUse }),
    });
    cellOutput.flush();
    if (!silent && ended.status === "ok" && ended.result !== undefined) {
      request.publish("execute_result", { execution_count: count, data: ended.result, metadata: {} });
    }
    return ended;
  });
  cellOutput.flush();
  if (outcome.status === "error") {
    if (!silent) request.publish("error", { ...outcome.error });
    return outcome.error;
  }
  const text = outcome.result?.["text/plain"];
  if (storeHistory && typeof text === "string") history.setOutput(count, text);
  return undefined;
}

/** The cell's output, with what else its front end can do; a silent cell is not seen, and still speaks over its comms. */
function createOutput({ request, options, ended, payload }: Cell, cellOutput: CellOutput): Output {
  const { comm } = cellOutput;
  const seen = options.silent ? silence : cellOutput;
  return {
    stream: seen.stream,
    display: seen.display,
    clear: seen.clear,
    comm,
    page: (data: MimeBundle) => payload.push({ source: "page", data, start: 0 }),
    ...(options.allowStdin
      ? {
          input: (input) => {
            // What the cell has printed is what the question is about.
            cellOutput.flush();
            return request.ask(input, ended);
          },
        }
      : {}),
  };
}

async function evaluateAll(cell: Cell): Promise<Content> {
  const { request, options } = cell;
  const values: [string, Content][] = [];
  for (const [name, expression] of Object.entries(options.userExpressions)) {
    const cellOutput = request.createOutput();
    values.push([name, await evaluate(expression, cell, cellOutput)]);
    cellOutput.flush();
  }
  return Object.fromEntries(values);
}

async function evaluate(expression: unknown, cell: Cell, cellOutput: CellOutput): Promise<Content> {
  if (typeof expression !== "string") {
    const evalue = `A user expression must be a text, got ${String(JSON.stringify(expression)).slice(0, 80)}.`;
    return { status: "error", ename: "UsageError", evalue, traceback: [`UsageError: ${evalue}`] };
  }
  const { interpreter } = cell.request.kernel;
  const outcome = await runCell(() => interpreter().evaluate(expression, createOutput(cell, cellOutput)));
  if (outcome.status === "error") return { status: "error", ...outcome.error };
  return { status: "ok", data: outcome.result ?? {}, metadata: {} };
}

// The one place where a fault of ours becomes a message: a cell must always get its reply.
async function runCell(run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    return { status: "error", error: toErrorContent(error) };
  }
}

const silence = { stream: () => undefined, display: () => undefined, clear: () => undefined };
