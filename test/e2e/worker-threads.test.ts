// `-c` over the built executor: worker threads, read by themselves, while cells await and while they block.
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CellKernel, startCells } from "../../bench/cells.js";
import type { MemoryProfile } from "../../profiler/memory-profile.js";
import { profileMimeType } from "../../report/memory-profile.js";

const mebibyte = 1024 * 1024;
const script = JSON.stringify(join(process.cwd(), "test/fixtures/worker-100-mib.mjs"));
let kernel: CellKernel;
beforeAll(async () => {
  kernel = await startCells();
  await kernel.run(`import { Worker } from "node:worker_threads";\nlet worker: Worker | undefined;`);
}, 60_000);
afterAll(() => kernel.close());

async function measure(code: string) {
  const { outcome, displays } = await kernel.run(code);
  if (outcome.status === "error") throw new Error(outcome.error.traceback.join("\n"));
  // The report's data is that of `renderMemoryProfile`.
  const profile = displays.at(-1)?.[profileMimeType] as unknown as MemoryProfile;
  return { profile, text: String(displays.at(-1)?.["text/plain"]) };
}

const start = `worker = new Worker(${script}, { name: "crunch" });\nawait new Promise((resolve) => worker!.once("message", resolve));`;
const stop = `worker!.postMessage("go");\nawait new Promise((resolve) => worker!.once("exit", resolve));`;

test("a worker thread's heap and buffers are a part of their own, named by its name and file", async () => {
  const { profile, text } = await measure(`%%memprofile -c\n${start}`);
  expect(profile.workers).toHaveLength(1);
  const [use] = profile.workers ?? [];
  expect(use).toMatchObject({ name: "crunch", file: expect.stringMatching(/worker-100-mib\.mjs$/) });
  expect(use?.peak?.arrayBuffers).toBeGreaterThanOrEqual(100 * mebibyte);
  expect(use?.peak?.arrayBuffers).toBeLessThan(102 * mebibyte);
  expect(use?.peak?.heapUsed).toBeGreaterThan(2 * mebibyte);
  expect(use?.cpu).toBeGreaterThan(100);
  expect(use?.readings).toBeGreaterThan(3);
  expect(profile.peak.exact).toBe(process.platform === "linux");
  // The main thread's own buffers are not those of the worker.
  expect(profile.end?.heap?.arrayBuffers).toBeLessThan(20 * mebibyte);
  expect(profile.end?.workers?.arrayBuffers).toBeGreaterThanOrEqual(100 * mebibyte);
  expect(text).toMatch(/^worker threads +0\.00 +~1\d\d\.\d\d +1\d\d\.\d\d +1\d\d\.\d\d +1\d\d\.\d\d$/m);
  expect(text).toMatch(/^crunch \S+\.mjs +~1\d\d\.\d\d/m);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
}, 60_000);

test("one that was there before the cell is in its baseline, also when the cell blocks", async () => {
  const { profile, text } = await measure(
    "%%memprofile -c\nconst until = performance.now() + 300;\nwhile (performance.now() < until);",
  );
  expect(profile.baseline.workers?.arrayBuffers).toBeGreaterThanOrEqual(100 * mebibyte);
  expect(profile.increment).toBeLessThan(16 * mebibyte);
  expect(text).toMatch(/^worker threads +1\d\d\.\d\d/m);
}, 60_000);

test("one that ends in the cell is told as ended, and ends as it would unobserved", async () => {
  const { profile, text } = await measure(`%%memprofile -c\n${stop}`);
  expect(profile.workers?.[0]).not.toHaveProperty("end");
  expect(text).toMatch(/^crunch .* ended /m);
  const { profile: none } = await measure("%%memprofile -c\n1");
  expect(none).not.toHaveProperty("workers");
}, 60_000);

test("without -c nobody looks at worker threads", async () => {
  const { profile } = await measure(`%%memprofile\n${start}`);
  expect(profile).not.toHaveProperty("workers");
  await kernel.run(stop);
}, 60_000);
