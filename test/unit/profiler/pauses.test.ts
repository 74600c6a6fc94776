import { expect, test } from "vitest";
import { collectNow } from "../../../profiler/probe/self/garbage-collector.js";
import { collectUnseen, watchPauses } from "../../../profiler/probe/self/pauses.js";

/** The full collections that a watch tells of. */
async function fullCollections(work: () => void): Promise<number> {
  const watch = watchPauses();
  watch.begin(Number.NEGATIVE_INFINITY);
  work();
  return (await watch.end()).filter(({ kind }) => kind === "major").length;
}

test("a collection is told of, and one of the probe's own is not", async () => {
  expect(await fullCollections(() => collectNow())).toBe(1);
  expect(await fullCollections(() => collectUnseen())).toBe(0);
  const both = await fullCollections(() => {
    collectUnseen();
    collectNow();
    collectUnseen();
  });
  expect(both).toBe(1);
});
