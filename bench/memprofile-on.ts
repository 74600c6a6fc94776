// What `%memprofile on` costs each cell: the same cells with it and without it, in turns, in one kernel; wanted: at most
// 1 ms and 1 % a cell. Run by `npm run bench -- memprofile-on`.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readHwm } from "../profiler/high-water-mark.js";
import { openProcessReader } from "../profiler/process-reader.js";
import { type CellKernel, startCells } from "./cells.js";
import { median } from "./statistics.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "40" },
    dist: { type: "string", default: join(process.cwd(), "dist") },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new Error(`--rounds must be a positive integer, got ${JSON.stringify(values.rounds)}.`);
}

const cells: Readonly<Record<string, string>> = {
  "one number": "1 + 1",
  "100 ms of arithmetic": "{ let x = 0; for (let i = 0; i < 6e7; i++) x = (x * 31 + i) | 0; x; }",
  objects: "{ const rows = []; for (let i = 0; i < 4e5; i++) rows.push({ i, s: `row ${i}` }); rows.length; }",
  JSON: "{ const t = JSON.stringify(Array.from({ length: 1e5 }, (_, i) => ({ i }))); for (let k = 0; k < 4; k++) JSON.parse(t); }",
  "a Buffer of 100 MiB": "{ Buffer.alloc(100 * 1048576, 1).length; }",
};

interface Cost {
  readonly wall: number;
  /** CPU time of this process, which is the kernel's, in milliseconds. */
  readonly kernel: number;
}

const kernel = await startCells(values.dist);
try {
  console.log(`medians of ${rounds} rounds in turns, ms`);
  console.log("cell                       off       on   on - off     share   kernel's CPU: off     on");
  for (const [name, code] of Object.entries(cells)) {
    const costs = { off: [] as Cost[], on: [] as Cost[] };
    for (let round = -3; round < rounds; round++) {
      for (const state of round % 2 === 0 ? (["off", "on"] as const) : (["on", "off"] as const)) {
        await kernel.run(`%memprofile ${state}`);
        const cost = await measure(kernel, code, state === "on" ? 1 : 0);
        if (round >= 0) costs[state].push(cost);
      }
    }
    const wall = (state: keyof typeof costs) => median(costs[state].map((cost) => cost.wall));
    const cpu = (state: keyof typeof costs) => median(costs[state].map((cost) => cost.kernel));
    const more = median(costs.on.map((cost, round) => cost.wall - (costs.off[round]?.wall ?? Number.NaN)));
    console.log(
      [
        name.padEnd(20),
        wall("off").toFixed(2).padStart(9),
        wall("on").toFixed(2).padStart(8),
        more.toFixed(2).padStart(10),
        `${((more / wall("off")) * 100).toFixed(1)} %`.padStart(9),
        cpu("off").toFixed(2).padStart(20),
        cpu("on").toFixed(2).padStart(6),
      ].join(" "),
    );
  }
  console.log(`its readings alone: ${(await readings(kernel)).toFixed(3)} ms a cell`);
} finally {
  await kernel.close();
}

async function measure({ run }: CellKernel, code: string, lines: number): Promise<Cost> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const { outcome, displays } = await run(code);
  const wall = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  if (outcome.status === "error") throw new Error(outcome.error.traceback.join("\n"));
  if (displays.length !== lines) throw new Error(`${displays.length} lines under the cell instead of ${lines}.`);
  return { wall, kernel: (user + system) / 1000 };
}

/** What is read of /proc around each cell. */
async function readings({ executorPid }: CellKernel): Promise<number> {
  const pid = executorPid() ?? 0;
  const reader = openProcessReader(pid);
  const times = Array.from({ length: 200 }, () => {
    const began = performance.now();
    for (const _ of [1, 2]) {
      reader.rss();
      reader.cpu();
    }
    readHwm(pid);
    return performance.now() - began;
  });
  reader.close();
  return median(times);
}
