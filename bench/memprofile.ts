// Whether what `%%memprofile` says is true, and what it costs, in the kernel that people use; the profilers of Python
// beside it. Run by `npm run bench -- memprofile`; `--help` lists the options.
import { parseArgs } from "node:util";
import { ownKernel } from "../runner/own-kernel.js";
import { memoryCells } from "./memprofile-cells.js";
import { startProfiled } from "./memprofile-kernel.js";
import { measureOverhead, ways, workloads } from "./memprofile-overhead.js";
import { type CellTruth, measureTruth } from "./memprofile-truth.js";
import { median } from "./statistics.js";

const mebibyte = 1024 * 1024;
const { values } = parseArgs({
  options: {
    only: { type: "string", default: "truth" },
    set: { type: "string", default: "known,held out" },
    cells: { type: "string", default: "" },
    repeats: { type: "string", default: "5" },
    lines: { type: "boolean", default: true },
    ways: { type: "string", default: "" },
    workloads: { type: "string", default: "" },
    rounds: { type: "string", default: "7" },
  },
  allowNegative: true,
});
process.env.CELLSCOPE_HISTORY = "off";
delete process.env.NODE_EXTRA_CA_CERTS;
const kernel = await startProfiled(ownKernel(), process.cwd());
try {
  if (values.only.includes("overhead")) {
    const { fixed, overheads } = await measureOverhead(kernel, {
      rounds: Number(values.rounds),
      ways: ways.filter(({ name }) => values.ways === "" || values.ways.split(",").includes(name)),
      workloads: Object.fromEntries(
        Object.entries(workloads).filter(
          ([name]) => values.workloads === "" || values.workloads.split(",").includes(name),
        ),
      ),
      onProgress: (text) => process.stderr.write(`\r\x1b[K${text}`),
    });
    for (const { way, cpu, wall } of fixed)
      console.log(`${way.padEnd(14)} ${cpu.toFixed(1)} ms CPU, ${wall.toFixed(1)} ms`);
    const pc = (n: number) => `${(100 * n).toFixed(1)} %`.padStart(8);
    for (const o of overheads)
      console.log(
        `${o.workload.padEnd(28)} ${o.way.padEnd(14)} ${o.plain.toFixed(0).padStart(6)} ms ${pc(o.share)} kernel ${pc(o.kernelShare)} others ${pc(o.othersShare)} ${o.isOver ? "over" : ""}  ${o.shares.map((s) => (100 * s).toFixed(1)).join(" ")}`,
      );
  }
  if (values.only.includes("truth"))
    for (const cell of memoryCells) {
      if (!cell.name.includes(values.cells)) continue;
      const t = await measureTruth(kernel, cell, Number(values.repeats), values);
      console.log(show(t));
    }
} finally {
  await kernel.close();
}
process.exit();

function show({ cell, truth, spread, increments, rightHolder, lineShares }: CellTruth): string {
  const mib = (n: number) => (n / mebibyte).toFixed(2);
  return `${cell.name.padEnd(36)} ${mib(truth).padStart(8)} ±${mib(spread)} | ${increments.map((i) => mib(i - truth)).join(" ")} | ${rightHolder ?? "-"} of ${increments.length} | ${lineShares.map((s) => (100 * s).toFixed(1)).join(" ")} ${lineShares.length ? (100 * median(lineShares)).toFixed(1) : ""}`;
}
