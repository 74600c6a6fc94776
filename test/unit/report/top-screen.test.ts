import { expect, test } from "vitest";
import type { Sample } from "../../../profiler/sample-frames.js";
import { terminalWidth } from "../../../report/text.js";
import { formatTopScreen } from "../../../report/top-screen.js";

const sample = (time: number, rss: number): Sample => ({
  time,
  rss,
  pid: 7,
  childrenRss: 0,
  heapTotal: Number.NaN,
  heapUsed: Number.NaN,
  external: Number.NaN,
  arrayBuffers: Number.NaN,
  cpu: 10,
});
const MiB = 1024 ** 2;
const screen = {
  title: "kernel 6 in /home/you, up 3.00 s",
  now: 12_500,
  state: {
    time: 12_400,
    cell: { name: "In[7]", began: 10_000 },
    processes: [],
    runtime: {
      value: {
        heapUsed: 40 * MiB,
        heapLimit: 400 * MiB,
        watched: 1000,
        loopBusy: 1,
        loopDelay: 1000,
        collections: { count: 3, pause: 12 },
        nodeVersion: "v24.1.0",
      },
    },
  },
  samples: [sample(0, 50 * MiB), sample(5000, 200 * MiB), sample(10_000, 100 * MiB)],
  processes: [
    {
      pid: 7,
      role: "executor",
      name: "node",
      command: { value: "" },
      rss: { value: 100 * MiB },
      pss: { missing: "not allowed" },
      cpu: { value: 0.98 },
      threads: 11,
    },
  ],
  columns: 60,
} as const;

test("one screen says what runs, for how long, and how memory went over time", () => {
  expect(formatTopScreen(screen)).toBe(
    [
      "kernel 6 in /home/you, up 3.00 s",
      "cell     In[7] runs for 2.50 s",
      "",
      "memory   ▃▃▃▃▃▃▃▃▃▃█████████▅  100.00 MiB",
      "         highest 200.00 MiB in the last 10.00 s",
      "heap     40.00 MiB of 400 MiB (10 %)",
      "garbage  3 collections, 12 ms in the last 1.00 s",
      "loop     busy 100 %, timers 1.00 s late",
      "",
      "process   pid  PSS         RSS    CPU  threads",
      "executor    7    —  100.00 MiB  ~98 %       11",
    ].join("\n"),
  );
});

test("no line is wider than the terminal", () => {
  for (const line of formatTopScreen({ ...screen, title: "目録".repeat(50), columns: 33 }).split("\n")) {
    expect(terminalWidth(line)).toBeLessThanOrEqual(33);
  }
});

test("before the kernel has told anything, and between cells, it says so", () => {
  expect(formatTopScreen({ ...screen, state: undefined, samples: [] })).toContain("no samples yet");
  expect(formatTopScreen({ ...screen, state: { ...screen.state, cell: null } })).toContain("cell     none runs");
});
