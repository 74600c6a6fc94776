// Whether `--lines` puts bytes on the right line, on cells whose lines allocate known amounts, and what it costs in CPU
// time; memory_profiler's %mprun does the same cells in Python where it can be had. Run by `npm run bench -- lines`.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { LineProfile } from "../profiler/lines/line-profile.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import { profileMimeType } from "../report/memory-profile.js";
import { type CellKernel, startCells } from "./cells.js";
import { overheadCells, shareOnRightLine, type TruthCell, truthCells } from "./line-cells.js";
import { median } from "./statistics.js";

const { values } = parseArgs({
  options: {
    repeats: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    peers: { type: "boolean", default: true },
    dist: { type: "string", default: join(process.cwd(), "dist") },
  },
  allowNegative: true,
});
const repeats = Number(values.repeats);
if (!Number.isInteger(repeats) || repeats < 1) {
  throw new Error(`--repeats must be a positive integer, got ${JSON.stringify(values.repeats)}.`);
}
const isWanted = ({ name }: { readonly name: string }) => name.includes(values.only);

const kernel = await startCells(values.dist);
try {
  console.log("share of the bytes on the right line, %, each run; wanted: 95 for large, 85 for small allocations");
  for (const set of ["large", "small"] as const) {
    for (const cell of truthCells.filter((each) => each.set === set && isWanted(each))) {
      const shares: number[] = [];
      for (let repeat = 0; repeat < repeats; repeat++) shares.push(await rightShare(kernel, cell));
      const figures = shares.map((share) => (100 * share).toFixed(1).padStart(5)).join(" ");
      const isEnough = median(shares) >= (set === "large" ? 0.95 : 0.85);
      console.log(`${set}  ${cell.name.padEnd(34)} ${figures}${isEnough ? "" : "  under"}`);
    }
  }
  console.log("\nCPU time with --lines as a multiple of %%memprofile alone; wanted: at most 1.5");
  const ratios: number[] = [];
  for (const { name, code } of overheadCells.filter(isWanted)) {
    const plain: number[] = [];
    const probed: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      plain.push(await cpuOf(kernel, `%%memprofile\n${code}`));
      probed.push(await cpuOf(kernel, `%%memprofile --lines\n${code}`));
    }
    const ratio = median(probed) / median(plain);
    ratios.push(ratio);
    console.log(
      `${name.padEnd(34)} ${ratio.toFixed(2)}  (${median(plain).toFixed(0)} → ${median(probed).toFixed(0)} ms)${ratio > 1.5 ? "  over" : ""}`,
    );
  }
  if (ratios.length > 0) console.log(`median ${median(ratios).toFixed(2)}`);
} finally {
  await kernel.close();
}
if (values.peers) runPeer();

async function rightShare({ run }: CellKernel, { code, truth, before }: TruthCell): Promise<number> {
  if (before !== undefined) expectOk(await run(before));
  const { tables } = await linesOf(run, `%%memprofile --lines\n${code}`);
  return shareOnRightLine(tables[0]?.lines ?? [], truth);
}

async function linesOf(run: CellKernel["run"], code: string): Promise<LineProfile> {
  const ran = await run(code);
  expectOk(ran);
  // The second report is the one about lines, and this is its data.
  return ran.displays.at(-1)?.[profileMimeType] as unknown as LineProfile;
}

async function cpuOf({ run }: CellKernel, code: string): Promise<number> {
  const ran = await run(code);
  expectOk(ran);
  const { cpu } = (ran.displays[0]?.[profileMimeType] ?? {}) as Partial<MemoryProfile>;
  if (cpu === undefined) throw new Error("The report has no CPU time.");
  return cpu;
}

function expectOk({ outcome }: Awaited<ReturnType<CellKernel["run"]>>): void {
  if (outcome.status === "error") throw new Error(outcome.error.traceback.join("\n"));
}

/** memory_profiler in a virtual environment of its own; without Python or an index it is left out. */
function runPeer(): void {
  const home = join(process.cwd(), ".cache", "peers");
  const python = join(home, "bin", "python");
  if (!existsSync(python)) spawnSync("python3", ["-m", "venv", home], { stdio: "ignore" });
  const installed = spawnSync(python, ["-m", "pip", "install", "--quiet", "memory_profiler==0.61.0"], {
    stdio: "ignore",
  });
  if (installed.status !== 0) {
    console.log("\nmemory_profiler could not be installed: no peer in this run");
    return;
  }
  console.log("\nmemory_profiler 0.61.0, %mprun: share of the bytes on the right line, and times slower");
  spawnSync(python, [join(process.cwd(), "bench", "lines-peer.py"), String(repeats)], { stdio: "inherit" });
}
