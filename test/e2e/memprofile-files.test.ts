// `%memprofile --output FILE` over the built executor: what a person gets in the folder of the notebook.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { tableFromIPC } from "apache-arrow";
import { Profile } from "pprof-format";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CellKernel, startCells } from "../../bench/cells.js";
import type { HolderCourse } from "../../profiler/holder-course.js";
import type { ChromeCpuProfile } from "../../report/cpu-profile-file.js";
import type { HeapProfile } from "../../report/memory-profile-stacks.js";

let kernel: CellKernel;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cellscope-files-"));
  kernel = await startCells();
  await kernel.run(`%cd ${directory}`);
}, 60_000);
afterAll(async () => {
  await kernel.close();
  await rm(directory, { recursive: true });
});

test("each file is written where the cells are, and holds what the cell did", async () => {
  for (const name of ["run.arrow", "run.heapprofile", "run.html"]) {
    const { outcome, text } = await kernel.run(
      `%%memprofile --output ${name}\nfunction load() {\n  return Buffer.alloc(30 * 1048576, 1);\n}\nlet held: Buffer | undefined = load();\n// As long as it takes to be sampled.\nfor (const end = Date.now() + 200; Date.now() < end; );`,
    );
    expect([outcome.status, text]).toEqual(["ok", ""]);
    await kernel.run("held = undefined;");
  }
  expect((await readdir(directory)).sort()).toEqual(["run.arrow", "run.heapprofile", "run.html"]);
  const table = tableFromIPC(await readFile(join(directory, "run.arrow")));
  expect(table.numRows).toBeGreaterThan(0);
  const { head } = JSON.parse(await readFile(join(directory, "run.heapprofile"), "utf8")) as HeapProfile;
  const flat = (node: HeapProfile["head"]): readonly HeapProfile["head"][] => [node, ...node.children.flatMap(flat)];
  const load = flat(head).find(({ callFrame }) => callFrame.functionName === "load");
  expect(load?.selfSize).toBeGreaterThan(29 * 1048576);
  expect(load?.callFrame.lineNumber).toBe(1);
}, 60_000);

test("a CPU profile tells the time of functions and lines as the user wrote them", async () => {
  const code = (name: string) => `%%memprofile -q --output ${name}
interface Wide { readonly a: number }
function spin(turns: number): number {
  let sum = 0;
  for (let turn = 0; turn < turns; turn++) {
    sum += Math.sqrt(turn) % 3;
  }
  return sum;
}
const rows: Wide[] = [{ a: spin(4e7) }];
await Promise.resolve();
const again = spin(4e7);`;
  expect((await kernel.run(code("run.cpuprofile"))).text).toBe("");
  const { nodes, samples } = JSON.parse(await readFile(join(directory, "run.cpuprofile"), "utf8")) as ChromeCpuProfile;
  const spins = nodes.filter(({ callFrame }) => callFrame.functionName === "spin");
  expect(spins.length).toBeGreaterThan(0);
  for (const { callFrame } of spins)
    expect(callFrame).toMatchObject({ url: expect.stringMatching(/^In\[\d+\]$/), lineNumber: 2 });
  const ids = new Set(spins.map(({ id }) => id));
  const hits = samples.filter((id) => ids.has(id)).length;
  expect(hits).toBeGreaterThan(20);
  for (const { line } of spins.flatMap(({ positionTicks = [] }) => positionTicks)) {
    expect(line).toBeGreaterThanOrEqual(3);
    expect(line).toBeLessThanOrEqual(8);
  }
  // Nothing of the kernel's own.
  expect(nodes.map(({ callFrame }) => callFrame.url).filter((url) => url.includes("dist/"))).toEqual([]);

  expect((await kernel.run(code("run.pb.gz"))).text).toBe("");
  const profile = Profile.decode(gunzipSync(await readFile(join(directory, "run.pb.gz"))));
  expect(profile.sampleType).toHaveLength(5);
  expect(profile.sample.some(({ value }) => Number(value[4]) > 20e6)).toBe(true);
}, 60_000);

test("--temporal tells who held it before the peak, and who after", async () => {
  const { outcome, displays, text } = await kernel.run(`%%memprofile --temporal --output time.json
function early() { return Buffer.alloc(60 * 1048576, 1); }
function late() { return Buffer.alloc(30 * 1048576, 1); }
const turn = () => new Promise((resolve) => setTimeout(resolve, 60));
let part: Buffer | undefined = early();
await turn();
await turn();
part = undefined;
(globalThis as any).gc?.();
part = late();
await turn();
await turn();
part = undefined;`);
  expect([outcome.status, text]).toEqual(["ok", ""]);
  const plain = String(displays.at(-1)?.["text/plain"]);
  expect(plain).toContain("Who held it over time, by what functions allocated themselves:");
  expect(plain).toMatch(/^early +[▁▂▃▄▅▆▇█]+ {3}up to 60 MiB$/m);
  const { course } = JSON.parse(await readFile(join(directory, "time.json"), "utf8")) as {
    course: { value: HolderCourse };
  };
  const { frames, stacks, moments } = course.value;
  expect(moments.length).toBeGreaterThan(3);
  const holdsAt = ({ held }: HolderCourse["moments"][number], name: string) =>
    held.reduce(
      (sum, [stack, , offHeap]) => sum + (frames[stacks[stack]?.at(-1) ?? -1]?.name === name ? offHeap : 0),
      0,
    );
  const firstOf = (name: string) => moments.findIndex((moment) => holdsAt(moment, name) >= 29 * 1048576);
  expect(firstOf("early")).toBeGreaterThanOrEqual(0);
  expect(firstOf("late")).toBeGreaterThan(firstOf("early"));
}, 60_000);

test("an extension that is none of them is named with those that are, and nothing runs", async () => {
  const { outcome } = await kernel.run("%memprofile --output run.svg (globalThis as any).ran = true");
  expect(outcome).toMatchObject({ status: "error", error: { ename: "UsageError" } });
  expect(outcome.status === "error" && outcome.error.evalue).toContain(".speedscope.json or .pb.gz, got");
  const { outcome: after } = await kernel.run("String((globalThis as any).ran)");
  expect(after).toMatchObject({ result: { "text/plain": "'undefined'" } });
});

test("-T writes the report as text, -D the data, and --native says what the memory is mapped for", async () => {
  const { outcome, displays, text } = await kernel.run(
    "%memprofile --native --inverted -T report.txt -D run.json -o prof Buffer.alloc(30 * 1048576, 1).length",
  );
  expect(outcome.status).toBe("ok");
  expect(text).toBe(`*** Profile printout saved to text file ${join(directory, "report.txt")}.\n`);
  const report = await readFile(join(directory, "report.txt"), "utf8");
  expect(report).toBe(`${String(displays[0]?.["text/plain"])}\n`);
  expect(report).toMatch(/^mapped for +before +after GC +change$/m);
  expect(report).toMatch(/^V8's heap and buffers +\d+\.\d\d +\d+\.\d\d +-?\d+\.\d\d$/m);
  expect(report).toMatch(/^Node itself /m);
  const data = JSON.parse(await readFile(join(directory, "run.json"), "utf8")) as { readonly native: unknown };
  expect(data.native).toHaveProperty("value");
  const { outcome: shown } = await kernel.run("prof.native !== undefined");
  expect(shown).toMatchObject({ result: { "text/plain": "true" } });

  const lines = await kernel.run("%mprun -T lines.txt -D lines.json Buffer.alloc(8).length");
  expect(lines.text).toBe(
    `*** Profile printout saved to text file ${join(directory, "lines.txt")}.\n*** Figures saved to file ${join(directory, "lines.json")}.\n`,
  );
  expect(JSON.parse(await readFile(join(directory, "lines.json"), "utf8"))).toMatchObject({ kind: "lines" });
}, 60_000);

test("a run is kept under a name, beside the notebook, and a later one is compared with it", async () => {
  const code = (size: number) => `Buffer.alloc(${size} * 1048576, 1).length`;
  const none = await kernel.run(`%memprofile --compare first ${code(20)}`);
  expect(none.outcome.status === "error" && none.outcome.error.evalue).toContain("run the code with --baseline NAME");
  await kernel.run(`%memprofile --baseline first ${code(20)}`);
  expect(await readdir(join(directory, ".cellscope", "baselines"))).toEqual(["first.json"]);

  const { displays } = await kernel.run(`%memprofile -q --compare first ${code(60)}`);
  expect(displays).toHaveLength(1);
  const text = String(displays[0]?.["text/plain"]);
  expect(text).toMatch(/^Compared with first of \d{4}-\d\d-\d\d \d\d:\d\d UTC:\n/);
  const [, change = ""] = /^increment +\S+ MiB +\S+ MiB +\+(\S+) MiB/m.exec(text) ?? [];
  expect(Math.abs(Number(change) - 40)).toBeLessThan(3);
  // With the stacks of both, and in a page too.
  expect(displays[0]?.["text/html"]).toContain("<img ");
  await kernel.run(`%memprofile -q --compare first --output compared.html ${code(60)}`);
  expect(await readFile(join(directory, "compared.html"), "utf8")).toContain('id="difference-data"');

  const wrong = await kernel.run(`%memprofile --compare other ${code(1)}`);
  expect(wrong.outcome.status === "error" && wrong.outcome.error.evalue).toContain("there is first.");
  const name = await kernel.run(`%memprofile --baseline ../up ${code(1)}`);
  expect(name.outcome.status === "error" && name.outcome.error.evalue).toContain('got "../up"');
}, 60_000);
