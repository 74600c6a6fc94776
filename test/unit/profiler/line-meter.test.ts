import { setFlagsFromString } from "node:v8";
import { expect, test } from "vitest";
import { LineMeter } from "../../../profiler/probe/lines/line-meter.js";

const names = {
  register: "a",
  flags: "b",
  counts: "c",
  read: "d",
  enter: "e",
  decide: "f",
  leave: "g",
  suspend: "h",
  resume: "i",
  left: "j",
  lapse: "k",
};

/** Bytes on each of two statements, of which the first makes an object of four numbers each time and the second nothing. */
function measureBoth(runs: number): readonly number[] {
  const meter = new LineMeter();
  meter.prepare({ names, firstSite: 1, siteCount: 2, counters: [1, 2], variations: [0, 0], sources: [] });
  const made: unknown[] = new Array(16).fill(undefined);
  meter.begin();
  for (let run = 0; run < runs; run++) {
    made[run % 16] = { run, next: run + 1, half: run >> 1, twice: run * 2 };
    meter.counts[1] = run + 1;
    meter.read(1);
    meter.counts[2] = run + 1;
    meter.read(2);
  }
  meter.end();
  return [...meter.takeReading([]).heap];
}

test("a statement that takes nothing has nothing, also where V8 does not compile what reads the memory", () => {
  setFlagsFromString("--no-opt");
  const runs = 400;
  // Now and then V8 begins a page of its heap, or notes something of the code: what a statement takes is the least of ten.
  const measured = Array.from({ length: 10 }, () => measureBoth(runs));
  const [first, second] = [0, 1].map((site) => Math.min(...measured.map((bytes) => bytes[site] ?? 0)));
  // An object takes 24 bytes, 8 for each property, and up to 16 for what V8 notes of where it was made.
  expect(first).toBeGreaterThan(0.98 * runs * (24 + 32));
  expect(first).toBeLessThan(runs * (24 + 32 + 16) * 1.1);
  expect(second).toBeLessThan(runs);
});
