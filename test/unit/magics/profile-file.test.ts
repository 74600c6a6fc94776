// What `--output FILE` writes, opened as the tools that it is for open it.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { tableFromIPC } from "apache-arrow";
import { Profile } from "pprof-format";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProfileTarget, type WritableRun, writeProfile } from "../../../magics/profile-file.js";
import type { CpuProfile } from "../../../profiler/cpu-profile.js";
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

/** 8 ms of `parse`, called by the cell, 4 of them in its line 3, and 5 ms of nothing. */
const cpuProfile: CpuProfile = {
  nodes: [
    { frame: { name: "(root)", file: "", line: 0 }, children: [1, 2], hits: 0, lines: [] },
    { frame: { name: "(idle)", file: "", line: 0 }, children: [], hits: 1, lines: [] },
    { frame: { name: "", file: "In[2]", line: 0 }, children: [3], hits: 0, lines: [] },
    {
      frame: { name: "parse", file: "In[1]", line: 2 },
      children: [],
      hits: 2,
      lines: [
        [3, 1],
        [4, 1],
      ],
    },
  ],
  samples: [3, 1, 3],
  intervals: [4000, 5000, 4000],
};

test(".cpuprofile has the shape of the inspector's", async () => {
  const file = JSON.parse((await write("run.cpuprofile", { ...run, cpuProfile: { value: cpuProfile } })).toString());
  expect(Object.keys(file).sort()).toEqual(["endTime", "nodes", "samples", "startTime", "timeDeltas"]);
  // DevTools takes a start of 0 for none.
  expect([file.startTime, file.endTime]).toEqual([1, 13_001]);
  expect(file.samples).toEqual([4, 2, 4]);
  expect(file.timeDeltas).toEqual([0, 4000, 5000]);
  expect(file.nodes[0].callFrame).toEqual({
    functionName: "(root)",
    scriptId: "0",
    url: "",
    lineNumber: -1,
    columnNumber: -1,
  });
  expect(file.nodes[2]).toMatchObject({
    id: 3,
    children: [4],
    callFrame: { functionName: "In[2]", url: "In[2]", lineNumber: 0 },
  });
  expect(file.nodes[3]).toMatchObject({
    hitCount: 2,
    callFrame: { functionName: "parse", url: "In[1]", lineNumber: 1 },
    positionTicks: [
      { line: 3, ticks: 1 },
      { line: 4, ticks: 1 },
    ],
  });
});

function readPprof(bytes: Buffer) {
  const profile = Profile.decode(gunzipSync(bytes));
  const text = (index: number | bigint) => profile.stringTable.strings[Number(index)] ?? "";
  const functions = new Map(profile.function.map((each) => [Number(each.id), each]));
  const names = (ids: readonly (number | bigint)[]) =>
    ids.map((id) => {
      const [line] = profile.location.find((each) => Number(each.id) === Number(id))?.line ?? [];
      return text(functions.get(Number(line?.functionId))?.name ?? 0);
    });
  return {
    types: profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`),
    shown: text(profile.defaultSampleType),
    stacks: profile.sample.map(({ locationId, value }) => ({ names: names(locationId), value: value.map(Number) })),
  };
}

test(".pb.gz has all bytes of the stacks by pprof's kinds, the innermost function first", async () => {
  const { types, shown, stacks } = readPprof(await write("run.pb.gz"));
  expect(types).toEqual(["inuse_space/bytes", "inuse_heap/bytes", "inuse_off_heap/bytes"]);
  expect(shown).toBe("inuse_space");
  const sum = (index: number) => stacks.reduce((all, { value }) => all + (value[index] ?? 0), 0);
  const heap = held().stacks.reduce((all, stack) => all + Math.round(stack.heap), 0);
  const offHeap = held().stacks.reduce((all, stack) => all + Math.round(stack.offHeap), 0);
  expect([sum(0), sum(1), sum(2)]).toEqual([heap + offHeap, heap, offHeap]);
  expect(stacks.map(({ names }) => names.join(" < "))).toContain("(anonymous) < parse < In[2]");
});

test(".pb.gz has the time of functions too when it was sampled, without what was idle", async () => {
  const { types, stacks } = readPprof(await write("time.pb.gz", { ...run, cpuProfile: { value: cpuProfile } }));
  expect(types.slice(3)).toEqual(["samples/count", "cpu/nanoseconds"]);
  const timed = stacks.filter(({ value }) => value[4] !== 0);
  expect(timed).toEqual([{ names: ["parse", "In[2]"], value: [0, 0, 0, 2, 8_000_000] }]);
});

test("without a CPU profile there is no file of it, and a reason", async () => {
  await expect(write("none.cpuprofile", { ...run, cpuProfile: { missing: "it was stopped" } })).rejects.toThrow(
    "there is no CPU profile: it was stopped",
  );
});

test("without stacks there is no file of stacks, and a reason", async () => {
  const { holders: _, ...profile } = run.profile;
  await expect(write("none.heapprofile", { ...run, profile })).rejects.toThrow("there are no stacks to write");
});
