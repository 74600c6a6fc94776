import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { type InputMessage, ring, waitForInput } from "../../../../kernel/executor/input-wait.js";

/** The answer to request 3 of the execution 7, when these messages have come before it is waited for. */
function wait(...messages: readonly InputMessage[]) {
  const { port1, port2 } = new MessageChannel();
  const rings = new Int32Array(new SharedArrayBuffer(4));
  for (const message of messages) ring({ port: port2, rings }, message);
  try {
    return waitForInput({ port: port1, rings }, { id: 7, request: 3 });
  } finally {
    port1.close();
  }
}

test("the answer to the request is what is waited for", () => {
  expect(wait({ request: 3, value: "x" })).toEqual({ request: 3, value: "x" });
  expect(wait({ request: 3, value: null })).toEqual({ request: 3, value: null });
});

test("what is about earlier requests and executions is dropped", () => {
  expect(wait({ request: 2, value: "old" }, { stopped: 6 }, { request: 3, value: "x" })).toMatchObject({ value: "x" });
});

test("an execution that is to stop waits no longer", () => {
  expect(wait({ stopped: 7 }, { request: 3, value: "x" })).toBe("stopped");
});
