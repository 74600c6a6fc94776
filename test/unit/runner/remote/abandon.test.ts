import { ServerConnection } from "@jupyterlab/services";
import { expect, test } from "vitest";
import { abandonKernels } from "../../../../runner/remote/abandon.js";
import type { StartedKernel } from "../../../../runner/remote/server.js";

const abandon = (...started: readonly StartedKernel[]) =>
  abandonKernels(
    { url: "http://hub/", settings: ServerConnection.makeSettings(), kernels: new Map(), started: new Set(started) },
    50,
  );
const never = new Promise<void>(() => undefined);

test("kernels that the server ends in time are not told", async () => {
  const ended: string[] = [];
  const kernel = (id: string): StartedKernel => ({
    id: () => id,
    shutdown: async () => {
      ended.push(id);
    },
  });
  expect([await abandon(kernel("a"), kernel("b")), ended]).toEqual([[], ["a", "b"]]);
});

test("what may be left is told with its id and how to end it, and nothing waits for a server that is silent", async () => {
  const told = await abandon(
    { id: () => "k-1", shutdown: () => never },
    { id: () => "k-2", shutdown: () => Promise.reject(new Error("refused")) },
    { id: () => undefined, shutdown: () => never },
  );
  const end = (id: string) => `curl -X DELETE -H "Authorization: token $JUPYTER_TOKEN" http://hub/api/kernels/${id}`;
  expect(told).toEqual([
    `The kernel k-1 may still run on http://hub/; to end it: ${end("k-1")}`,
    `The kernel k-2 may still run on http://hub/; to end it: ${end("k-2")}`,
    'A kernel was being started on http://hub/, and may run there; to list kernels: curl -H "Authorization: token $JUPYTER_TOKEN" http://hub/api/kernels',
  ]);
});
