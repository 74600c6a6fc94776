// The limit of the heap, whose flag is put back while the process starts.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltExecutor, buildExecutor, runCell } from "../../support/built-executor.js";

const gibibyte = 1024 ** 3;
let executor: BuiltExecutor;
beforeAll(async () => {
  executor = await buildExecutor();
});
afterAll(() => executor.remove());

test("the heap of cells, and that of a thread that the first of them starts, has the limit that was given", async () => {
  const host = executor.start({ maxOldSpace: 7 * gibibyte });
  const { end } = await runCell(
    host,
    `const { once } = require("node:events");
     const limit = () => require("node:v8").getHeapStatistics().heap_size_limit;
     const { Worker } = require("node:worker_threads");
     const worker = new Worker("require('node:worker_threads').parentPort.postMessage((" + limit + ")())", { eval: true });
     const [ofThread] = await once(worker, "message");
     exports.value = [limit(), ofThread].map((bytes) => Math.floor(bytes / ${gibibyte}));`,
    { resultName: "value" },
  );
  expect(end).toEqual({ status: "ok", result: { "text/plain": "[ 7, 7 ]" } });
  await host.close();
});
