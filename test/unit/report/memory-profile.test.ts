import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { LineProfile } from "../../../profiler/lines/line-profile.js";
import type { MemoryMoment, MemoryProfile } from "../../../profiler/memory-profile.js";
import { renderLineProfile } from "../../../report/line-profile.js";
import { profileMimeType, renderMemoryProfile, renderRunningProfile } from "../../../report/memory-profile.js";
import { bridgeOf, layersOf, splitMemory } from "../../../report/memory-profile-layers.js";
import { renderRepeats } from "../../../report/memory-profile-repeats.js";
import { terminalWidth } from "../../../report/text.js";
import { textWidth } from "../../../report/text-width.js";

const MiB = 1024 ** 2;
const names = [
  "arrays-and-garbage",
  "columns-of-rows",
  "filled-cache",
  "json-parse",
  "leaking-runs",
  "loop-of-buffers",
  "one-buffer",
  "process-exit",
  "sorted-copy",
  "temporal",
  "temporary-allocations",
];

function readProfile(name: string): MemoryProfile {
  return readFixture(`memory-profile-${name}`);
}

/** A fixture of this type: it was written by the code whose reports are looked at. */
function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8")) as T;
}

function render(profile: MemoryProfile) {
  const bundle = renderMemoryProfile({ value: profile });
  return { text: String(bundle["text/plain"]), page: String(bundle["text/html"]), data: bundle[profileMimeType] };
}

function pictureOf(page: string): string {
  const source = /src="data:image\/svg\+xml;base64,([^"]+)"/.exec(page)?.[1] ?? "";
  return Buffer.from(source, "base64").toString("utf8");
}

const heap = { heapTotal: 7 * MiB, heapUsed: 5 * MiB, external: 3 * MiB, arrayBuffers: MiB };
const quiet: MemoryProfile = {
  duration: 0.2,
  cpu: 0.3,
  baseline: { time: 0, rss: 60 * MiB, heap },
  peak: { rss: 60 * MiB, exact: true, time: 0, seen: { time: 0, rss: 60 * MiB, heap } },
  increment: 0,
  heapPeak: 5 * MiB,
  end: { time: 0.2, rss: 60 * MiB, heap },
  kept: { time: 0.2, rss: 60 * MiB, heap },
  collections: {},
  pauses: [],
  timeline: [
    { time: 0, rss: 60 * MiB, heap },
    { time: 0.2, rss: 60 * MiB, heap },
  ],
  sampleCount: 0,
  notes: [],
};

const threeHours = 3 * 3_600_000;
const cases: Readonly<Record<string, MemoryProfile>> = {
  ...Object.fromEntries(names.map((name) => [name, readProfile(name)])),
  "a cell that does nothing": quiet,
  "a cell of no time": {
    ...quiet,
    duration: 0,
    end: { ...quiet.baseline },
    timeline: [quiet.baseline, quiet.baseline],
  },
  "a cell of hours": {
    ...quiet,
    duration: threeHours,
    peak: { ...quiet.peak, rss: 48 * 1024 * MiB, time: threeHours / 3 },
    increment: 48 * 1024 * MiB - 60 * MiB,
    timeline: Array.from({ length: 300 }, (_, index) => ({
      time: (index * threeHours) / 299,
      rss: (60 + (index % 100) * 450) * MiB,
      ...(index % 3 === 0 ? { heap } : {}),
    })),
    pauses: Array.from({ length: 150 }, (_, index) => ({
      time: (index * threeHours) / 150,
      pause: 900,
      kind: index % 9 === 0 ? ("major" as const) : ("minor" as const),
      count: 80,
    })),
    collections: { minor: { count: 10_640, pause: 119_700 }, major: { count: 1360, pause: 15_300 } },
    sampleCount: 1_080_000,
    allowance: { value: 64 * 1024 * MiB, source: "memory.max, /sys/fs/cgroup/memory.max" },
  },
  "a peak between two samples": { ...quiet, peak: { ...quiet.peak, rss: 900 * MiB }, increment: 840 * MiB },
  "a peak at the very start": {
    ...quiet,
    duration: 500,
    peak: { ...quiet.peak, rss: 400 * MiB, time: 0 },
    timeline: [0, 100, 500].map((time) => ({ time, rss: (400 - time / 2) * MiB, heap })),
  },
};

describe.each(names)("the report of %s", (name) => {
  const profile = readProfile(name);

  test("as text", async () => {
    await expect(`${render(profile).text}\n`).toMatchFileSnapshot(`../../golden/memory-profile-${name}.txt`);
  });

  test("as a page", async () => {
    await expect(`${render(profile).page}\n`).toMatchFileSnapshot(`../../golden/memory-profile-${name}.html`);
  });
});

/** What `%memprofile --repeat 5 --leaks` said of the runs of which "leaking-runs" is the last. */
const leakingRuns = {
  increments: [0.75, 0.51, 0.39, 0.39, 0.18].map((size) => size * MiB),
  leaks: { slope: { perRun: 650_936, low: 480_840, high: 821_023, runs: 4 } },
};
const otherReports = {
  "memory-profile-repeats": renderRepeats(renderMemoryProfile({ value: readProfile("leaking-runs") }), leakingRuns),
  // As is all that is known while a cell runs: samples alone.
  "memory-profile-live": renderRunningProfile(readProfile("process-exit")),
  "line-profile": renderLineProfile({ value: readFixture<LineProfile>("line-profile-loop-of-buffers") }),
};

test.each(Object.entries(otherReports))("%s as text and as a page", async (name, bundle) => {
  await expect(`${bundle["text/plain"]}\n`).toMatchFileSnapshot(`../../golden/${name}.txt`);
  await expect(`${bundle["text/html"]}\n`).toMatchFileSnapshot(`../../golden/${name}.html`);
});

const golden = new URL("../../golden/", import.meta.url);
const texts = readdirSync(golden).filter((name) => /^(memory|line)-.*\.txt$/.test(name));

test.each(texts)("no line of %s is wider than a terminal", (name) => {
  const lines = readFileSync(new URL(name, golden), "utf8").split("\n");
  expect(lines.filter((line) => terminalWidth(line) > 80)).toEqual([]);
});

describe.each(Object.entries(cases))("%s", (_, profile) => {
  const { text, page, data } = render(profile);
  const picture = pictureOf(page);

  test("begins with the line that %memit prints", () => {
    expect(text.split("\n")[0]).toMatch(/^peak memory: ~?\d+\.\d\d MiB, increment: ~?\d+\.\d\d MiB$/);
  });

  test("fits into a notebook", () => {
    expect(Buffer.byteLength(JSON.stringify([text, page, data]))).toBeLessThan(55_000);
  });

  test("has no figure that is none", () => {
    expect(text + page + picture).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  test("has nothing that an untrusted notebook loses", () => {
    expect(page).not.toMatch(/<script|<style|<svg|var\(|class=|id=/);
  });

  test("has labels that lie inside the picture and on no other label", () => {
    const boxes = labelsOf(picture);
    for (const [index, box] of boxes.entries()) {
      expect(box.left, box.text).toBeGreaterThanOrEqual(0);
      expect(box.right, box.text).toBeLessThanOrEqual(760);
      for (const other of boxes.slice(index + 1)) {
        const apart =
          box.right <= other.left || other.right <= box.left || box.bottom <= other.top || other.bottom <= box.top;
        expect(apart, `"${box.text}" lies on "${other.text}"`).toBe(true);
      }
    }
  });
});

test("the headline is exactly IPython's", () => {
  const profile = { ...quiet, peak: { ...quiet.peak, rss: 76.31 * MiB }, increment: 0.5 * MiB };
  expect(render(profile).text.split("\n")[0]).toBe("peak memory: 76.31 MiB, increment: 0.50 MiB");
});

test("a sampled peak is marked", () => {
  const profile = { ...quiet, peak: { ...quiet.peak, exact: false } };
  expect(render(profile).text.split("\n")[0]).toBe("peak memory: ~60.00 MiB, increment: ~0.00 MiB");
});

test("the share of what is allowed is said, with where that stands", () => {
  const allowance = { value: 80 * MiB, source: "memory.max, /sys/fs/cgroup/memory.max" };
  const { text, page } = render({ ...quiet, allowance });
  expect(text).toContain("75 % of the 80 MiB allowed");
  expect(text).toContain("Allowed: memory.max, /sys/fs/cgroup/memory.max.");
  expect(page).toContain("75 % of the 80 MiB allowed");
});

test("a cell that could not be measured says why", () => {
  expect(renderMemoryProfile({ missing: "the process <ended>" })).toEqual({
    "text/plain": "peak memory: — (the process <ended>)",
    "text/html": "<div>peak memory: — (the process &lt;ended&gt;)</div>",
  });
});

test("the parts of RSS add up to it", () => {
  const { heap: taken, arrayBuffers, otherExternal, rest } = splitMemory(60 * MiB, heap);
  expect([taken, arrayBuffers, otherExternal, rest].map((bytes) => bytes / MiB)).toEqual([7, 1, 2, 50]);
});

test("buffers that nobody has touched are not resident, and leave no negative rest", () => {
  expect(splitMemory(10 * MiB, { ...heap, external: 900 * MiB, arrayBuffers: 900 * MiB }).rest).toBe(0);
});

describe("who allocated", () => {
  const parse = { name: "parse", file: "In[1]", line: 3 };
  const told = (alive: number | undefined, inUse: number, grown: number): string => {
    const value = {
      heap: 400 * MiB,
      offHeap: 0,
      inUse: { heap: inUse * MiB, offHeap: MiB },
      grown: { heap: grown * MiB, offHeap: 0 },
      frames: [parse],
      stacks: [
        { frames: [0], heap: 400 * MiB, offHeap: 0, uncertain: 0, ...(alive !== undefined && { alive: alive * MiB }) },
      ],
      notes: [],
    };
    const collections = { minor: { count: 25, pause: 40 } };
    return render({ ...quiet, collections, allocations: { value } }).text;
  };

  test.each([
    [
      "V8 tells which samples are alive",
      20,
      300,
      30,
      "parse         In[1]:3             400.00  400.00            95 %",
    ],
    [
      "little is in use after the cell",
      undefined,
      20,
      1,
      "parse         In[1]:3             400.00  400.00            ≥ 95 %",
    ],
    [
      "little more is in use than before",
      undefined,
      300,
      8,
      "parse         In[1]:3             400.00  400.00            ~98 %",
    ],
    ["nothing is known", undefined, 900, 500, "parse         In[1]:3             400.00  400.00            —"],
  ])("is told with how much was gone, where %s", (_, alive, inUse, grown, row) => {
    expect(told(alive, inUse, grown).replace(/ {2,}(?=[\d≥~—])/g, " ")).toContain(
      row.replace(/ {2,}(?=[\d≥~—])/g, " "),
    );
  });

  test("has an advice where it is certain that nearly all was gone, and none where it is only likely", () => {
    const advice =
      "→ At least 95 % of the 400 MiB that parse (In[1]:3) allocated was gone after the\n  cell: fewer temporary objects there would spare V8 most of its 25 collections\n  (40 ms).";
    expect(told(undefined, 20, 1)).toContain(advice);
    expect(told(20, 300, 30)).toContain(advice.replace("At least 95 %", "95 %").slice(0, 20));
    expect(told(undefined, 300, 8)).not.toContain("gone after the\n");
  });

  test("that could not be found out is told with its reason", () => {
    const { text } = render({ ...quiet, allocations: { missing: "somebody else has stopped it" } });
    expect(text).toContain("Not known who allocated: somebody else has stopped it.");
  });
});

describe("areas", () => {
  const at = (time: number, rss: number, part?: Partial<typeof heap>): MemoryMoment => ({
    time,
    rss: rss * MiB,
    ...(part === undefined ? {} : { heap: { ...heap, ...part } }),
  });

  test("are drawn through where the heap was not seen for a moment; the part that grows takes what RSS tells", () => {
    const timeline = [at(0, 60, {}), at(10, 80), at(20, 100, { heapTotal: 47 * MiB })];
    const [stretch, ...more] = layersOf(timeline, () => 50);
    expect(more).toEqual([]);
    expect(stretch?.map(({ rest, heap: top, rss }) => [rest, top, rss].map((bytes) => bytes / MiB))).toEqual([
      [50, 57, 60],
      [50, 77, 80],
      [50, 97, 100],
    ]);
  });

  test("of child processes lie above what the process itself holds", () => {
    const withChild = { ...at(10, 160), children: 100 * MiB };
    const [stretch] = layersOf([at(0, 60, {}), withChild, at(20, 60, {})], () => 50);
    expect(stretch?.map(({ rest, heap: top, own, rss }) => [rest, top, own, rss].map((bytes) => bytes / MiB))).toEqual([
      [50, 57, 60, 60],
      [50, 57, 60, 160],
      [50, 57, 60, 60],
    ]);
  });

  test("of a buffer that is being filled grow with RSS, not with what V8 counts", () => {
    const big = { external: 203 * MiB, arrayBuffers: 201 * MiB };
    const [stretch] = layersOf([at(0, 60, {}), at(10, 61, big), at(20, 160, big), at(30, 260, big)], () => 50);
    expect(stretch?.map(({ rest, heap: top, rss }) => [rest, top, rss].map((bytes) => bytes / MiB))).toEqual([
      [50, 57, 60],
      [50, 57, 61],
      [50, 57, 160],
      [50, 57, 260],
    ]);
  });

  test("are drawn through at the pace at which a long cell is looked at, and open where it did not answer", () => {
    const usual = [10, 100, 250, 500, 900, 1300, 1700].map((time) => at(time, 60, {}));
    const timeline = [...usual, at(1800, 80), at(2100, 80), at(2500, 90), at(2900, 60, {}), at(3300, 60, {})];
    const between = [200, 400, 700, 1100, 1500].map((time) => at(time, 70));
    const all = [...timeline, ...between].sort((a, b) => a.time - b.time);
    const ends = layersOf(all, bridgeOf(all, 3300)).map((stretch) => [stretch[0]?.time, stretch.at(-1)?.time]);
    expect(ends).toEqual([
      [10, 1700],
      [2900, 3300],
    ]);
  });

  test("are drawn through at the interval that was asked for", () => {
    const timeline = [0, 1000, 2000, 3000].flatMap((time) => [at(time, 60, {}), at(time + 500, 70)]);
    const stretches = layersOf(timeline, bridgeOf(timeline, 3500));
    expect(stretches.map((stretch) => stretch.length)).toEqual([7]);
  });

  test("are left open where the heap was not seen for long", () => {
    const timeline = [at(0, 60, {}), at(10, 60, {}), at(300, 80), at(600, 60, {}), at(610, 60, {})];
    expect(layersOf(timeline, () => 50).map((stretch) => stretch.map(({ time }) => time))).toEqual([
      [0, 10],
      [600, 610],
    ]);
  });
});

interface LabelBox {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function labelsOf(picture: string): readonly LabelBox[] {
  return [...picture.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, attributes = "", text = ""]) => {
    const value = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(attributes)?.[1];
    const size = Number(value("font-size"));
    const width = textWidth(text, { size, bold: value("font-weight") !== undefined });
    const x = Number(value("\\bx"));
    const y = Number(value("\\by"));
    const anchor = value("text-anchor") ?? "start";
    const left = anchor === "start" ? x : anchor === "middle" ? x - width / 2 : x - width;
    return { text, left, right: left + width, top: y - size * 0.75, bottom: y + size * 0.2 };
  });
}
