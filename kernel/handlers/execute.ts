import { setTimeout } from "node:timers/promises";
import type { CellOutput } from "../cell-output.js";
import { toErrorContent } from "../errors.js";
import type { Outcome, Output } from "../interpreter.js";
import type { Content } from "../protocol/messages.js";
import type { ErrorContent } from "../protocol/mime.js";
import { flagField, textField } from "./fields.js";
import type { Handler, Request } from "./handler.js";

/** Answers `execute_request`, when its turn has come: runs the cell. */
export const handleExecute: Handler = async (request) => {
  const { history, executions } = request.kernel;
  const options = parseOptions(request.content);
  const count = options.storeHistory ? history.add(options.code) : history.count;
  const error = options.silent ? await executeSilently(request, options) : await executeAloud(request, options, count);
  if (error === undefined) return { status: "ok", execution_count: count, user_expressions: {}, payload: [] };
  if (options.stopOnError) {
    // What the front end sent together with this cell may still be on its way when the cell fails at once.
    // What it sends after the reply is never aborted, for the reply comes last.
    await setTimeout(arrivalTime);
    executions.abortWaiting();
  }
  return { status: "error", execution_count: count, ...error };
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
}

function parseOptions(content: Content): ExecuteOptions {
  const silent = flagField(content, "silent", false);
  return {
    code: textField(content, "code"),
    silent,
    storeHistory: flagField(content, "store_history", true) && !silent,
    stopOnError: flagField(content, "stop_on_error", true),
  };
}

async function executeAloud(
  { publish, createOutput, kernel }: Request,
  { code, storeHistory }: ExecuteOptions,
  count: number,
): Promise<ErrorContent | undefined> {
  const { history, interpreter } = kernel;
  publish("execute_input", { code, execution_count: count });
  const output = createOutput();
  const outcome = await runCell(async () => {
    // A cell that is not recorded bears the next number, so that it does not take the name of one that is.
    const executionCount = storeHistory ? count : count + 1;
    const ended = await interpreter().execute(code, output, { executionCount });
    publishResult(ended, { output, publish, count });
    return ended;
  });
  output.flush();
  if (outcome.status === "error") {
    publish("error", { ...outcome.error });
    return outcome.error;
  }
  const text = outcome.result?.["text/plain"];
  if (storeHistory && typeof text === "string") history.setOutput(count, text);
  return undefined;
}

async function executeSilently({ kernel }: Request, { code }: ExecuteOptions): Promise<ErrorContent | undefined> {
  const executionCount = kernel.history.count + 1;
  const outcome = await runCell(() => kernel.interpreter().execute(code, silence, { executionCount }));
  return outcome.status === "error" ? outcome.error : undefined;
}

// The one place where a fault of ours becomes a message: a cell must always get its reply.
async function runCell(run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    return { status: "error", error: toErrorContent(error) };
  }
}

function publishResult(
  outcome: Outcome,
  {
    output,
    publish,
    count,
  }: { readonly output: CellOutput; readonly publish: Request["publish"]; readonly count: number },
): void {
  output.flush();
  if (outcome.status !== "ok" || outcome.result === undefined) return;
  publish("execute_result", { execution_count: count, data: outcome.result, metadata: {} });
}

const silence: Output = { stream: () => undefined, display: () => undefined, clear: () => undefined };
