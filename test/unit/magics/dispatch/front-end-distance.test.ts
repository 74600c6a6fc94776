import { expect, test } from "vitest";
import type { CommMessage } from "../../../../kernel/protocol/comm.js";
import { createFrontEndDistance } from "../../../../magics/dispatch/front-end-distance.js";

test("a front end is asked three times, each time when it has answered, and nothing is left open", async () => {
  const distance = createFrontEndDistance();
  const sent: CommMessage[] = [];
  const measured = await distance.measure({
    comm: (message) => {
      sent.push(message);
      setImmediate(() => distance.take(message));
    },
  });
  expect(measured).toEqual({ value: expect.any(Number) });
  expect(sent.map(({ kind, targetName }) => [kind, targetName])).toEqual(Array(3).fill(["open", "cellscope.distance"]));
  expect(new Set(sent.map(({ commId }) => commId)).size).toBe(3);
  expect(sent.some(({ commId }) => distance.take({ commId }))).toBe(false);
});

test("a comm of a cell is none of its answers", () => {
  expect(createFrontEndDistance().take({ commId: "widget" })).toBe(false);
});

test.each([
  ["no front end behind the output", {}, "this output goes to no front end"],
  ["a front end that takes no comms", { comm: () => undefined }, /^not answered within \d+ ms$/],
])("%s has a reason in the place of a time", async (_, output, missing) => {
  expect(await createFrontEndDistance().measure(output)).toEqual({
    missing: typeof missing === "string" ? missing : expect.stringMatching(missing),
  });
});
