import { expect, test } from "vitest";
import { CellOutput } from "../../../../kernel/cell-output.js";
import { ExecutionQueue } from "../../../../kernel/execution-queue.js";
import { handleExecute } from "../../../../kernel/handlers/execute.js";
import type { Request } from "../../../../kernel/handlers/handler.js";
import { History } from "../../../../kernel/history.js";
import { typescriptInfo } from "../../../../kernel/language-info.js";
import { Subshells } from "../../../../kernel/subshells.js";
import { createEchoInterpreter } from "../../../support/echo-interpreter.js";

function createRequest(content: Request["content"], onPublish: (msgType: string) => void): Request {
  const interpreter = createEchoInterpreter();
  return {
    content,
    metadata: {},
    replyMetadata: {},
    buffers: [],
    ask: async () => undefined,
    executions: new ExecutionQueue(),
    publish: onPublish,
    createOutput: () => new CellOutput(onPublish, new Set()),
    afterReply: () => undefined,
    kernel: {
      interpreter: () => interpreter,
      history: new History(),
      subshells: new Subshells(),
      language: typescriptInfo("6.0.3"),
      version: "0.1.0",
      shutDown: () => undefined,
      log: () => undefined,
    },
  };
}

// A cell that fails in no time was answered before the cells sent together with it had been read: they ran.
test("cells that arrive between the failure of a cell and its reply are aborted, later ones are not", async () => {
  const aborted: boolean[] = [];
  const turn = async (isAborted: boolean) => void aborted.push(isAborted);
  const request = createRequest({ code: "throw no" }, (msgType) => {
    if (msgType === "error") setImmediate(() => request.executions.add(turn));
  });
  const { executions } = request;
  executions.add(async () => {
    expect(await handleExecute(request)).toMatchObject({ status: "error", execution_count: 1 });
    executions.add(turn);
  });
  await executions.drained();
  expect(aborted).toEqual([true, false]);
});
