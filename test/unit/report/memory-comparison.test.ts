import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import {
  figuresOf,
  heldByOf,
  keptHoldersOf,
  type MemoryBaseline,
  parseBaseline,
} from "../../../profiler/memory-figures.js";
import type { MemoryProfile } from "../../../profiler/memory-profile.js";
import { renderMemoryComparison } from "../../../report/memory-comparison.js";

async function baselineOf(name: string): Promise<MemoryBaseline> {
  const file = new URL(`../../fixtures/memory-profile-${name}.json`, import.meta.url);
  const profile = JSON.parse(await readFile(file, "utf8")) as MemoryProfile;
  const heldBy = heldByOf(profile);
  return {
    kind: "cellscope-memory-baseline",
    version: 1,
    created: "2026-03-01T09:30:00.000Z",
    node: "v24.1.0",
    figures: figuresOf(profile),
    ...(heldBy && { heldBy }),
  };
}

test("shows each figure before and now, and who holds more", async () => {
  const before = await baselineOf("columns-of-rows");
  const heldBy = (before.heldBy ?? []).map((each) =>
    each.name === "parse" ? { ...each, bytes: each.bytes + 2 ** 25 } : each,
  );
  const figures = { ...before.figures, peak: 2 ** 28, kept: (before.figures.kept ?? 0) + 1000, duration: 1000 };
  const now = { ...before, heldBy, figures, node: "v20.20.0" };
  const bundle = renderMemoryComparison({ name: "rows <b>", before, now });
  await expect(`${bundle["text/plain"]}\n`).toMatchFileSnapshot("../../golden/memory-comparison.txt");
  await expect(`${bundle["text/html"]}\n`).toMatchFileSnapshot("../../golden/memory-comparison.html");
  for (const line of String(bundle["text/plain"]).split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test("draws who holds more and who less, by stack, when both runs have stacks", async () => {
  const before = await withHolders("columns-of-rows");
  const holders = before.holders;
  const now = {
    ...before,
    holders: {
      frames: holders.frames.map((frame) =>
        frame.file === "In[2]"
          ? { ...frame, file: "In[5]" }
          : { ...frame, line: frame.line + (frame.line > 0 ? 7 : 0) },
      ),
      stacks: holders.stacks.map((stack) =>
        holders.frames[stack.frames.at(-1) ?? -1]?.file === "In[2]"
          ? { ...stack, offHeap: 2 ** 24 }
          : { ...stack, heap: stack.heap + 2 ** 22 },
      ),
    },
  };
  const bundle = renderMemoryComparison({ name: "rows", before, now });
  await expect(`${bundle["text/html"]}\n`).toMatchFileSnapshot("../../golden/memory-comparison-by-stack.html");
  const [, picture = ""] = /src="data:image\/svg\+xml;base64,([^"]+)"/.exec(String(bundle["text/html"])) ?? [];
  const texts = [
    ...Buffer.from(picture, "base64")
      .toString()
      .matchAll(/<text[^>]*>([^<]*)</g),
  ].map(([, text]) => text);
  // The colours have words, and each change its sign.
  expect(texts).toEqual(
    expect.arrayContaining(["held by both", "▲ more than before", "▼ no longer held", "In[5]", "▲ +4.00"]),
  );
  expect(texts.some((text) => text?.startsWith("▼ -"))).toBe(true);
});

test("a baseline of before there were stacks is compared as it was, and says so", async () => {
  const before = await baselineOf("columns-of-rows");
  const bundle = renderMemoryComparison({ name: "old", before, now: await withHolders("columns-of-rows") });
  expect(String(bundle["text/html"])).not.toContain("<img");
  expect(String(bundle["text/plain"])).toContain("The baseline has no stacks to draw");
});

async function withHolders(name: string) {
  const file = new URL(`../../fixtures/memory-profile-${name}.json`, import.meta.url);
  const holders = keptHoldersOf(JSON.parse(await readFile(file, "utf8")) as MemoryProfile);
  if (holders === undefined) throw new Error("The fixture has stacks.");
  return { ...(await baselineOf(name)), holders };
}

test("what one of the two does not know is a dash and no change", async () => {
  const before = await baselineOf("one-buffer");
  const { kept: _, ...figures } = before.figures;
  const text = String(renderMemoryComparison({ name: "one", before, now: { ...before, figures } })["text/plain"]);
  expect(text).toMatch(/^kept +\S+ MiB +— *$/m);
  expect(text).not.toMatch(/NaN|undefined/);
});

test.each([
  ["{}", "it is no baseline of %memprofile"],
  ['{"kind":"cellscope-memory-baseline","version":2}', "it has version 2, and this Cellscope reads version 1"],
  ['{"kind":"cellscope-memory-baseline","version":1,"figures":{"peak":"x"}}', "its figures are not numbers"],
  [
    '{"kind":"cellscope-memory-baseline","version":1,"figures":{"peak":1},"holders":{"frames":[]}}',
    "its stacks are not stacks",
  ],
  ["[", "JSON"],
])("%s is refused as a baseline", (text, message) => {
  expect(() => parseBaseline(text)).toThrow(message);
});
