// What `--output FILE` writes, opened as the tools that it is for open it.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProfileTarget, type WritableRun, writeProfile } from "../../../magics/profile-file.js";
import type { MemoryProfile } from "../../../profiler/memory-profile.js";
import type { HeapProfile, SpeedscopeFile } from "../../../report/memory-profile-stacks.js";

const fixture = new URL("../../fixtures/memory-profile-columns-of-rows.json", import.meta.url);
const none = Number.NaN;
const samples = [0, 10, 20].map((time) => ({
  time: 1000 + time,
  pid: 7,
  rss: 2 ** 26 + time,
  childrenRss: 0,
  heapTotal: none,
  heapUsed: none,
  external: none,
  arrayBuffers: none,
  cpu: 30 + time,
}));

let directory: string;
let run: WritableRun;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cellscope-profile-"));
  const profile = JSON.parse(await readFile(fixture, "utf8")) as MemoryProfile;
  run = { profile, samples, began: 1000 };
});
afterAll(() => rm(directory, { recursive: true }));

async function write(name: string, what: WritableRun = run): Promise<Buffer> {
  const target = await readProfileTarget(name, directory);
  if (target.kind !== "file") throw new Error(`${name} was taken for a variable.`);
  await writeProfile(target, what);
  return readFile(join(directory, name));
}

function held() {
  const { holders } = run.profile;
  if (holders === undefined || "missing" in holders) throw new Error("The fixture has stacks.");
  return holders.value;
}

function policyOf(page: string): string {
  const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  return policy.replaceAll("&#39;", "'");
}

test("a name without an extension is a variable", async () => {
  expect(await readProfileTarget("samples", directory)).toEqual({ kind: "variable", name: "samples" });
});

test(".arrow is an Arrow IPC file of the samples", async () => {
  const bytes = await write("samples.arrow");
  expect(bytes.subarray(0, 6).toString()).toBe("ARROW1");
  expect(bytes.subarray(-6).toString()).toBe("ARROW1");
  const table = tableFromIPC(bytes);
  expect(table.numRows).toBe(3);
  expect([...(table.getChild("time") ?? [])]).toEqual([0, 10, 20]);
  expect(table.getChild("heapUsed")?.nullCount).toBe(3);
});

test(".json is the data of the report", async () => {
  const data = JSON.parse((await write("run.json")).toString());
  expect(data).toMatchObject({ kind: "memory", peak: run.profile.peak, increment: run.profile.increment });
  expect(data.timeline.rss).toHaveLength(run.profile.timeline.length);
});

test(".html is a page with its pictures and its data that may ask for nothing from elsewhere", async () => {
  const page = (await write("run.html")).toString();
  expect(page).toMatch(/^<!DOCTYPE html>\n<html lang="en">/);
  expect(page).toContain("peak memory: ");
  expect(page.match(/<img [^>]*src="data:image\/svg\+xml;base64,/g)?.length).toBeGreaterThanOrEqual(2);
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  expect(policyOf(page)).toMatch(/^default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'none';/);
  const [, data = ""] =
    /<script id="profile" type="application\/vnd\.cellscope\.profile\.v1\+json">(.*?)<\/script>/s.exec(page) ?? [];
  expect(JSON.parse(data)).toEqual(JSON.parse((await write("run.json")).toString()));
});

test(".html carries its program, and its policy runs no other one", async () => {
  const pageScriptPath = join(directory, "page.js");
  const code = 'document.title = "<b>";';
  await writeFile(pageScriptPath, code);
  const page = (await write("program.html", { ...run, pageScriptPath })).toString();
  expect(page).toContain(`<script>${code}</script>`);
  const hash = createHash("sha256").update(code).digest("base64");
  expect(policyOf(page)).toContain(`script-src 'sha256-${hash}';`);
});

test("a function's name cannot end the data of a page", async () => {
  const name = "</script><script>alert(1)</script><!--";
  const holders = { value: { ...held(), frames: held().frames.map((frame) => ({ ...frame, name })) } };
  const page = (await write("names.html", { ...run, profile: { ...run.profile, holders } })).toString();
  expect(page).not.toContain("<script>alert");
  expect(page).not.toContain("<!--");
});

test(".heapprofile has the shape of Chrome's, and all the bytes that have a stack", async () => {
  const { head, samples: taken } = JSON.parse((await write("run.heapprofile")).toString()) as HeapProfile;
  expect(head.callFrame).toEqual({ functionName: "(root)", scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 });
  const nodes = new Map<number, HeapProfile["head"]>();
  const walk = (node: HeapProfile["head"]): number => {
    expect(node.callFrame).toEqual({
      functionName: expect.any(String),
      scriptId: expect.any(String),
      url: expect.any(String),
      lineNumber: expect.any(Number),
      columnNumber: expect.any(Number),
    });
    expect(nodes.has(node.id)).toBe(false);
    nodes.set(node.id, node);
    return node.children.reduce((sum, child) => sum + walk(child), node.selfSize);
  };
  const all = held().stacks.reduce((sum, { heap, offHeap }) => sum + heap + offHeap, 0);
  expect(Math.abs(walk(head) - all)).toBeLessThan(nodes.size);
  for (const { size, nodeId } of taken) expect(nodes.get(nodeId)?.selfSize).toBe(size);
  const parse = [...nodes.values()].find(({ callFrame }) => callFrame.functionName === "parse");
  const frame = held().frames.find(({ name }) => name === "parse");
  expect(parse?.callFrame).toMatchObject({ url: frame?.file, lineNumber: (frame?.line ?? 0) - 1 });
});

test(".speedscope.json keeps to speedscope's file format", async () => {
  const file = JSON.parse((await write("run.speedscope.json")).toString()) as SpeedscopeFile;
  expect(Object.keys(file).sort()).toEqual(["$schema", "activeProfileIndex", "exporter", "name", "profiles", "shared"]);
  expect(file.$schema).toBe("https://www.speedscope.app/file-format-schema.json");
  for (const frame of file.shared.frames) expect(frame.name).not.toBe("");
  expect(file.profiles).toHaveLength(3);
  for (const { type, unit, startValue, endValue, samples: stacks, weights } of file.profiles) {
    expect([type, unit, startValue]).toEqual(["sampled", "bytes", 0]);
    expect(stacks).toHaveLength(weights.length);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(endValue);
    for (const index of stacks.flat()) expect(file.shared.frames[index]).toBeDefined();
    for (const stack of stacks) expect(stack.length).toBeGreaterThan(0);
  }
  const [all, heap, offHeap] = file.profiles.map(({ endValue }) => endValue);
  expect(Math.abs((all ?? 0) - (heap ?? 0) - (offHeap ?? 0))).toBeLessThan(held().stacks.length);
});

test("without stacks there is no file of stacks, and a reason", async () => {
  const { holders: _, ...profile } = run.profile;
  await expect(write("none.heapprofile", { ...run, profile })).rejects.toThrow("there are no stacks to write");
});
