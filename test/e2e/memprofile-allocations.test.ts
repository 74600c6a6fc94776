// `%memprofile --temporary-allocations` over the built executor: who allocated, whatever became of it.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Profile } from "pprof-format";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CellKernel, startCells } from "../../bench/cells.js";
import { type Allocations, allocatorsOf } from "../../profiler/allocations.js";
import type { Measured } from "../../profiler/measured.js";
import { profileMimeType } from "../../report/memory-profile.js";
import type { HeapProfile, SpeedscopeFile } from "../../report/memory-profile-stacks.js";

const MiB = 1024 ** 2;
let kernel: CellKernel;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cellscope-allocations-"));
  kernel = await startCells();
  await kernel.run(`%cd ${directory}`);
  await kernel.run(`let sink: unknown;
function churn(n: number) {
  for (let i = 0; i < n; i++) sink = [i, i + 1, i + 2, i + 3];
}
function keep(n: number) {
  const rows: object[] = [];
  for (let i = 0; i < n; i++) rows.push({ i, j: i, k: i });
  return rows;
}
function copies(n: number) {
  for (let i = 0; i < n; i++) sink = Buffer.alloc(1048576, 1);
  sink = undefined;
}`);
}, 60_000);
afterAll(async () => {
  await kernel.close();
  await rm(directory, { recursive: true });
});

async function measure(code: string) {
  const { outcome, displays, text } = await kernel.run(code);
  expect([outcome.status, text]).toEqual(["ok", ""]);
  const data = displays.at(-1)?.[profileMimeType] as
    | { readonly holders?: unknown; readonly allocations?: Measured<Allocations> }
    | undefined;
  if (data?.allocations === undefined || "missing" in data.allocations)
    throw new Error(data?.allocations?.missing ?? "There is nothing about who allocated.");
  const allocations = data.allocations.value;
  const by = new Map(allocatorsOf(allocations).map((each) => [each.frame?.name, each]));
  return { allocations, by, data, text: String(displays.at(-1)?.["text/plain"]) };
}

/** 2 million arrays of 4: 32 bytes of header, elements of 16 and 32. */
const churned = (2e6 * (16 + 16 + 32)) / MiB;

test("functions are told with all that they allocated, and how much of it was gone", async () => {
  const { allocations, by, data, text } = await measure(
    "%%memprofile --temporary-allocations\nchurn(2e6);\nlet kept: object[] | undefined = keep(200_000);\ncopies(60);",
  );
  expect(data.holders).toBeUndefined();
  const [churn, keep, copies] = ["churn", "keep", "copies"].map((name) => by.get(name));
  expect((churn?.heap ?? 0) / MiB).toBeGreaterThan(churned * 0.8);
  expect((churn?.heap ?? 0) / MiB).toBeLessThan(churned * 1.6);
  expect((churn?.gone.certain ?? 0) / (churn?.heap ?? 1)).toBeGreaterThan(0.7);
  // 24 bytes of header, three fields of 8 bytes or less, and the array around them.
  expect((keep?.heap ?? 0) / MiB).toBeGreaterThan(4);
  expect(keep?.gone.likely).toBeLessThan((keep?.heap ?? 0) * 0.8);
  expect((copies?.offHeap ?? 0) / MiB).toBeGreaterThan(55);
  expect((copies?.offHeap ?? 0) / MiB).toBeLessThan(65);
  const sampled = allocations.stacks.reduce((sum, { heap }) => sum + heap, 0);
  expect(Math.abs(sampled - allocations.heap)).toBeLessThan(allocations.heap * 0.25);
  expect(text).toMatch(/^Allocated while the cell ran, freed again or not: [\d.]+ MiB on the heap and\s/m);
  expect(text).toMatch(/^churn +In\[2\]:2 +In\[3\] +[\d.]+ +[\d.]+ +(?:≥ |~)?\d+ %$/m);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  await kernel.run("kept = undefined;");
}, 60_000);

test("one that allocates for long is sampled in several windows, and nothing of it is lost", async () => {
  const { by, allocations } = await measure("%memprofile --temporary-allocations churn(4e7)");
  expect(allocations.heap).toBeGreaterThan(2 * 1024 * MiB);
  const { heap = 0, gone } = by.get("churn") ?? {};
  expect(Math.abs(heap - allocations.heap)).toBeLessThan(allocations.heap * 0.1);
  expect((gone?.certain ?? 0) / heap).toBeGreaterThan(0.97);
}, 120_000);

test("the next measurement holds who held it again", async () => {
  const { displays } = await kernel.run("%%memprofile\nlet held: object[] | undefined = keep(300_000);");
  expect(String(displays.at(-1)?.["text/plain"])).toMatch(/^keep +In\[2\]:5/m);
  await kernel.run("held = undefined;");
}, 60_000);

test("files say what their bytes are", async () => {
  const code = (name: string) =>
    `%%memprofile -q --temporary-allocations --output ${name}\nchurn(1e6);\nlet part: Buffer | undefined = Buffer.alloc(30 * 1048576, 1);\npart = undefined;`;
  for (const name of ["run.speedscope.json", "run.pb.gz", "run.heapprofile", "run.json", "run.html"])
    expect((await kernel.run(code(name))).text).toBe("");
  const read = (name: string) => readFile(join(directory, name));
  const scope = JSON.parse(String(await read("run.speedscope.json"))) as SpeedscopeFile;
  expect(scope.profiles.map(({ name }) => name)).toEqual([
    "allocated, freed again or not",
    "allocated in V8's heap",
    "allocated off the heap",
  ]);
  expect(scope.shared.frames.map(({ name }) => name)).toContain("churn");
  const profile = Profile.decode(gunzipSync(await read("run.pb.gz")));
  const strings = profile.stringTable.strings;
  expect(profile.sampleType.slice(0, 3).map(({ type }) => strings[Number(type)])).toEqual([
    "alloc_space",
    "alloc_heap",
    "alloc_off_heap",
  ]);
  const { head } = JSON.parse(String(await read("run.heapprofile"))) as HeapProfile;
  const flat = (node: HeapProfile["head"]): readonly HeapProfile["head"][] => [node, ...node.children.flatMap(flat)];
  const churn = flat(head).find(({ callFrame }) => callFrame.functionName === "churn");
  expect(churn?.selfSize).toBeGreaterThan(40 * MiB);
  const data = JSON.parse(String(await read("run.json"))) as { readonly allocations: { readonly value: Allocations } };
  expect(data.allocations.value.offHeap).toBeGreaterThanOrEqual(30 * MiB);
  expect(String(await read("run.html"))).toContain('<h2 id="holders-title">Who allocated it</h2>');
}, 120_000);

test("where somebody else has stopped V8's sampler there are figures, and a sentence", async () => {
  const { outcome, displays } = await kernel.run(`%%memprofile --temporary-allocations
import { Session } from "node:inspector";
const own = new Session();
own.connect();
own.post("HeapProfiler.startSampling");
own.post("HeapProfiler.stopSampling");
own.disconnect();
churn(1e5);`);
  expect(outcome.status).toBe("ok");
  const text = String(displays.at(-1)?.["text/plain"]);
  expect(text).toMatch(/^peak memory: /);
  expect(text.replace(/\n\s*/g, " ")).toContain(
    "Not known who allocated: Error: the sampling of allocations was stopped",
  );
}, 60_000);
