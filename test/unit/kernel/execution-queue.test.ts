import { expect, test } from "vitest";
import { ExecutionQueue } from "../../../kernel/execution-queue.js";

test("cells run one after the other, also those added by a cell", async () => {
  const queue = new ExecutionQueue();
  const events: string[] = [];
  const cell = (name: string) => async () => {
    events.push(`${name} begins`);
    await Promise.resolve();
    if (name === "a") queue.add(cell("c"));
    events.push(`${name} ends`);
  };
  queue.add(cell("a"));
  queue.add(cell("b"));
  await queue.drained();
  expect(events).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("what waits is aborted, what comes later is not", async () => {
  const queue = new ExecutionQueue();
  const aborted: [string, boolean][] = [];
  const cell = (name: string) => async (isAborted: boolean) => {
    aborted.push([name, isAborted]);
    await Promise.resolve();
    if (name !== "fails") return;
    queue.abortWaiting();
    queue.add(cell("later"));
  };
  queue.add(cell("fails"));
  queue.add(cell("waits"));
  await queue.drained();
  expect(aborted).toEqual([
    ["fails", false],
    ["waits", true],
    ["later", false],
  ]);
});

test("a closed queue aborts everything that still comes", async () => {
  const queue = new ExecutionQueue();
  const aborted: boolean[] = [];
  queue.close();
  queue.add(async (isAborted) => void aborted.push(isAborted));
  await queue.drained();
  expect(aborted).toEqual([true]);
});
