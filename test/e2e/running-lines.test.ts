// Which line ran when, over the built executor, language process and probe.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CellKernel, startCells } from "../../bench/cells.js";
import type { RunningLines } from "../../profiler/lines/running-lines.js";
import { profileMimeType } from "../../report/memory-profile.js";

let kernel: CellKernel;
beforeAll(async () => {
  kernel = await startCells();
}, 60_000);
afterAll(() => kernel.close());

interface Profile {
  readonly duration: number;
  readonly ranLines?: RunningLines;
}

async function profileOf(code: string) {
  const { outcome, displays } = await kernel.run(code);
  if (outcome.status === "error") throw new Error(outcome.error.traceback.join("\n"));
  // The report's data is a profile with its lists by column.
  return { profile: displays[0]?.[profileMimeType] as unknown as Profile, text: String(displays[0]?.["text/plain"]) };
}

/** The share of the cell's time in which a line, or a range that it is in, ran. */
function shareOf({ ranLines: lines, duration }: Profile, line: number): number {
  const spans = lines?.spans.filter(({ first, last }) => first <= line && last >= line) ?? [];
  return spans.reduce((sum, { from, to }) => sum + to - from, 0) / duration;
}

/** Types that are gone in JavaScript move its lines; two of them spin for as long as each other. */
const spinning = `interface Spin {
  readonly turns: number;
}
let spin: Spin = { turns: 0 };
for (const end = Date.now() + 400; Date.now() < end; ) spin = { turns: spin.turns + 1 };
const held = Buffer.alloc(60e6, 1);
for (const end = Date.now() + 400; Date.now() < end; ) spin = { turns: spin.turns + held.length };
await new Promise((resolve) => setTimeout(resolve, 300));
held.length`;

describe.each(["%%memprofile", "%%memprofile --lines"])("%s", (magic) => {
  test("tells which lines of the TypeScript ran when, and what ran at the peak", async () => {
    const { profile, text } = await profileOf(`${magic}\n${spinning}`);
    const { spans = [], texts } = profile.ranLines ?? {};
    expect(shareOf(profile, 6)).toBeGreaterThan(0.2);
    expect(shareOf(profile, 8)).toBeGreaterThan(0.2);
    // One after the other, and the lines of the type never.
    const first = (line: number) => spans.findIndex((span) => span.first === line && span.last === line);
    expect(first(6)).toBeGreaterThanOrEqual(0);
    expect(first(8)).toBeGreaterThan(first(6));
    expect(shareOf(profile, 3)).toBe(0);
    // While the cell waits no line of it runs; the looks from inside may be too few to see that.
    const seen = spans.reduce((sum, { from, to }) => sum + to - from, 0);
    if (magic.includes("--lines")) expect(seen).toBeLessThan(profile.duration * 0.95);
    expect(texts?.[8]).toMatch(/^for \(const end .* spin\.turns \+ held\.length/);
    expect(text).toMatch(/^line +.*6·+.*8·+/m);
    // What is held stays: the highest look of all may be a later one by some pages.
    expect(text).toMatch(/^peak .*(?:line|one of the lines) (?:[789]|10)\b/m);
  }, 60_000);
});

test("a function of an earlier cell runs for the line that calls it", async () => {
  await kernel.run("function wait(ms: number) {\n  const end = Date.now() + ms;\n  while (Date.now() < end);\n}");
  const { profile } = await profileOf("%%memprofile\nlet done = false;\nwait(400);\ndone = true;");
  expect(shareOf(profile, 3)).toBeGreaterThan(0.8);
}, 60_000);

test("a buffer that is filled right at the end is the line of the peak, though nobody looked in time", async () => {
  const { text } = await profileOf(
    "%%memprofile\nlet n = 0;\nfor (const end = Date.now() + 700; Date.now() < end; ) n += 1;\nconst full = new Float64Array(6e6).fill(n);\nfull.length",
  );
  expect(text).toMatch(/^peak near line 4: const full = /m);
}, 60_000);
