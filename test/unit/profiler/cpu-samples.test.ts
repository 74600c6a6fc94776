import type { Profiler } from "node:inspector";
import { expect, test } from "vitest";
import { type CpuProfile, timesOf } from "../../../profiler/cpu-profile.js";
import { foldCpuProfile } from "../../../profiler/probe/self/cpu-samples.js";

// The kernel's own files are under /own; a cell's lines stand two lower in the script than in what the user wrote.
const places = {
  locate: (script: string, line: number) => {
    if (script.startsWith("/own/")) return undefined;
    return script === "cell-3" ? { file: "In[3]", line: line - 2 } : { file: script, line };
  },
};

interface Call {
  readonly id: number;
  readonly name: string;
  readonly url?: string;
  readonly line?: number;
  readonly ticks?: Readonly<Record<number, number>>;
  readonly calls?: readonly Call[];
}

function nodesOf({ id, name, url = "", line = 0, ticks = {}, calls = [] }: Call): Profiler.ProfileNode[] {
  const positionTicks = Object.entries(ticks).map(([at, count]) => ({ line: Number(at), ticks: count }));
  const callFrame = { functionName: name, scriptId: "1", url, lineNumber: line - 1, columnNumber: 10 };
  const hitCount = positionTicks.reduce((sum, { ticks: count }) => sum + count, 0);
  return [
    { id, callFrame, hitCount, positionTicks, children: calls.map((call) => call.id) },
    ...calls.flatMap(nodesOf),
  ];
}

const tree: Call = {
  id: 1,
  name: "(root)",
  calls: [
    { id: 2, name: "(idle)" },
    { id: 3, name: "(garbage collector)" },
    {
      id: 4,
      name: "processTicksAndRejections",
      url: "node:internal/process/task_queues",
      line: 60,
      calls: [
        {
          id: 5,
          name: "runCell",
          url: "/own/main.cjs",
          line: 9,
          calls: [
            {
              id: 6,
              name: "load",
              url: "cell-3",
              line: 4,
              ticks: { 5: 3, 6: 1 },
              calls: [
                { id: 7, name: "readFileSync", url: "node:fs", line: 430, ticks: { 431: 2 } },
                {
                  id: 8,
                  name: "write",
                  url: "/own/main.cjs",
                  line: 80,
                  ticks: { 81: 1 },
                  calls: [{ id: 9, name: "writeSync", url: "node:fs", line: 700 }],
                },
                { id: 10, name: "stringify" },
              ],
            },
            { id: 11, name: "memoryUsage", url: "node:internal/process/per_thread", line: 7 },
          ],
        },
      ],
    },
  ],
};

function fold(samples: readonly number[], deltas: readonly number[]): CpuProfile {
  return foldCpuProfile(
    { nodes: nodesOf(tree), startTime: 0, endTime: 0, samples: [...samples], timeDeltas: [...deltas] },
    places,
  );
}

function outline({ nodes }: CpuProfile, at = 0): unknown {
  const node = nodes[at];
  return [
    node?.frame.name,
    ...(node?.children ?? []).map((child) => outline({ nodes, samples: [], intervals: [] }, child)),
  ];
}

test("the user's code stands at the top, and what the kernel runs for it is its caller's", () => {
  expect(outline(fold([], []))).toEqual([
    "(root)",
    ["(idle)"],
    ["(garbage collector)"],
    ["processTicksAndRejections"],
    ["(program)"],
    ["load", ["readFileSync"], ["stringify"]],
  ]);
});

test("functions and their lines are where the user wrote them", () => {
  const load = fold([], []).nodes.find(({ frame }) => frame.name === "load");
  expect(load?.frame).toEqual({ name: "load", file: "In[3]", line: 2 });
  // With the one sample in which the kernel wrote for it.
  expect(load?.hits).toBe(5);
  expect(load?.lines).toEqual([
    [3, 3],
    [4, 1],
  ]);
});

test("a sample stands for the time until the next one, also when what it found is the kernel's", () => {
  const profile = fold([2, 6, 9, 11, 3, 2], [500, 1000, 2000, 3000, 4000, 5000]);
  const times = timesOf(profile);
  const timeOf = (name: string) => times[profile.nodes.findIndex(({ frame }) => frame.name === name)];
  expect([timeOf("(idle)"), timeOf("load"), timeOf("(program)"), timeOf("(garbage collector)")]).toEqual([
    1000, 5000, 4000, 5000,
  ]);
});

test("of a long run fewer samples are kept, and no time is lost", () => {
  const count = 150_000;
  const samples = Array.from({ length: count }, (_, at) => (at % 2 === 0 ? 6 : 7));
  const profile = fold(
    samples,
    samples.map(() => 1000),
  );
  expect(profile.samples.length).toBe(50_000);
  expect(profile.intervals.reduce((sum, each) => sum + each, 0)).toBe((count - 1) * 1000);
});
