import { expect, test } from "vitest";
import type { CollectionPause } from "../../../profiler/memory-reading.js";
import { mergeNeighbours } from "../../../profiler/merge-pauses.js";

const pause = (time: number, kind: CollectionPause["kind"], count = 1): CollectionPause => ({
  time,
  kind,
  count,
  pause: 2 * count,
});

test("each pause takes in the next of its kind, and none is lost", () => {
  const merged = mergeNeighbours([
    pause(1, "minor"),
    pause(2, "major"),
    pause(3, "minor"),
    pause(4, "minor", 5),
    pause(5, "minor"),
    pause(6, "minor"),
  ]);
  expect(merged).toEqual([pause(1, "minor", 2), pause(2, "major"), pause(4, "minor", 6), pause(6, "minor")]);
});
