// `%memprofile --output FILE` over the built executor: what a person gets in the folder of the notebook.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CellKernel, startCells } from "../../bench/cells.js";
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
      `%%memprofile --output ${name}\nfunction load() {\n  return Buffer.alloc(30 * 1048576, 1);\n}\nlet held: Buffer | undefined = load();`,
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

test("an extension that is none of them is named with those that are, and nothing runs", async () => {
  const { outcome } = await kernel.run("%memprofile --output run.pb.gz (globalThis as any).ran = true");
  expect(outcome).toMatchObject({ status: "error", error: { ename: "UsageError" } });
  expect(outcome.status === "error" && outcome.error.evalue).toContain(".heapprofile or .speedscope.json, got");
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
  expect(report).toMatch(/^V8's heap and buffers +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d$/m);
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

  const wrong = await kernel.run(`%memprofile --compare other ${code(1)}`);
  expect(wrong.outcome.status === "error" && wrong.outcome.error.evalue).toContain("there is first.");
  const name = await kernel.run(`%memprofile --baseline ../up ${code(1)}`);
  expect(name.outcome.status === "error" && name.outcome.error.evalue).toContain('got "../up"');
}, 60_000);
