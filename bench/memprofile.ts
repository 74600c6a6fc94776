// Whether what `%%memprofile` says is true, and what it costs, in the kernel that people use; the memory profilers of
// Python on the same cells beside it. Run by `npm run bench -- memprofile`; `--help` lists the options.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { KernelLaunch } from "../runner/kernel-process.js";
import { ownKernel } from "../runner/own-kernel.js";
import { memoryCells } from "./memprofile-cells.js";
import { type ProfiledKernel, startProfiled } from "./memprofile-kernel.js";
import { measureOverhead, type OverheadOptions, ways, workloads } from "./memprofile-overhead.js";
import { hasPerf, measureParts, partNames } from "./memprofile-parts.js";
import { installPeers, measurePeer, measurePeerCpu, mprunScale, type PeersFound, titleOf } from "./memprofile-peers.js";
import { measureEmptyCells, measureFullHeap, measureKept, measureProbe } from "./memprofile-probe.js";
import { type CellTruth, measureTruth } from "./memprofile-truth.js";
import { median } from "./statistics.js";

const parts = ["truth", "overhead", "parts", "probe"] as const;
const sets = ["known", "held out before", "held out"] as const;
const usage = `Usage: npm run bench -- memprofile [options]

Options:
  --only PARTS       With commas between: ${parts.join(", ")}.
  --set SETS         Cells of the truth: ${sets.join(", ")}.
  --cells TEXT       Only cells with this in their name.
  --ways NAMES       Ways to measure: ${ways.map(({ name }) => name).join(", ")}.
  --workloads NAMES  Cells of the overhead: ${Object.keys(workloads).join(", ")}.
  --repeats N        Runs of each cell of the truth, and of an empty one; 5 by default.
  --rounds N         Rounds of the overhead; 9 by default.
  --scale N          Makes the cells of the overhead N times as long; 1 by default.
  --against DIR      Measure another built checkout in the same way, after this one.
  --no-lines         No lines in the truth.
  --no-peers         Cellscope alone.
  --no-own           The peers alone.
`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: parts.join(",") },
    set: { type: "string", default: sets.join(",") },
    cells: { type: "string", default: "" },
    ways: { type: "string", default: ways.map(({ name }) => name).join(",") },
    workloads: { type: "string", default: Object.keys(workloads).join(",") },
    repeats: { type: "string", default: "5" },
    rounds: { type: "string", default: "9" },
    scale: { type: "string", default: "1" },
    against: { type: "string" },
    lines: { type: "boolean", default: true },
    peers: { type: "boolean", default: true },
    own: { type: "boolean", default: true },
    help: { type: "boolean", short: "h", default: false },
  },
  allowNegative: true,
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const chosenParts = readNames("only", values.only, parts);
const chosenSets = readNames("set", values.set, sets);
const chosenWays = readNames(
  "ways",
  values.ways,
  ways.map(({ name }) => name),
);
const chosenWorkloads = readNames("workloads", values.workloads, Object.keys(workloads));
const repeats = positiveInteger("repeats", values.repeats);
const rounds = positiveInteger("rounds", values.rounds);
const scale = positiveInteger("scale", values.scale);
const chosenCells = memoryCells.filter(({ name, set }) => chosenSets.includes(set) && name.includes(values.cells));

// It costs each start of Node 20 some 36 ms, and is set on some machines and not on others.
delete process.env.NODE_EXTRA_CA_CERTS;
// What the cells of a benchmark were is nobody's history.
process.env.CELLSCOPE_HISTORY = "off";

const mebibyte = 1024 * 1024;
const launches = [
  ...(values.own ? [{ title: "Cellscope", launch: ownKernel() }] : []),
  ...(values.against === undefined
    ? []
    : [{ title: `Cellscope in ${values.against}`, launch: launchIn(values.against) }]),
];
for (const { title, launch } of launches) await measureOwn(title, launch);
if (values.peers) await measurePeers(installPeers());
// A kernel that hangs keeps its sockets.
process.exit();

async function measureOwn(title: string, launch: KernelLaunch): Promise<void> {
  const withKernel = async (action: (kernel: ProfiledKernel) => Promise<void>) => {
    const kernel = await startProfiled(launch, process.cwd());
    try {
      await action(kernel);
    } finally {
      await kernel.close();
    }
  };
  if (chosenParts.includes("truth")) {
    console.log(`\n${title}, Node ${process.version}: the increment less the truth, MiB (wanted: 0.5 MiB or 0.5 %); runs in which the
right function came first; share of the bytes on the right line (wanted: 95 % large, 85 % small), medians of ${repeats}\n`);
    printHead(["cell", "set", "truth", "by", "plain less it", "error, MiB", "%", "all runs", "function", "lines, %"]);
    // Each cell in a kernel of its own: what another one has left behind is no property of it.
    for (const cell of chosenCells)
      await withKernel(async (kernel) => printRow(truthRow(await measureTruth(kernel, cell, repeats, values))));
  }
  if (chosenParts.includes("overhead")) await withKernel((kernel) => printOverhead(title, kernel));
  if (chosenParts.includes("parts")) {
    if (hasPerf()) await withKernel((kernel) => printParts(title, kernel));
    else
      console.log(
        "\nThe parts of what measuring costs need Linux's perf, which is not there or may not look at processes.",
      );
  }
  if (!chosenParts.includes("probe")) return;
  await withKernel(async (kernel) => {
    console.log(`\n${title}: increment of a cell that does nothing, MiB, median of ${repeats} (lowest to highest)\n`);
    printHead(["options", "increment"]);
    for (const { options, increments } of await measureEmptyCells(kernel, repeats)) {
      printRow([
        options || "none",
        `${mib(median(increments))} (${mib(Math.min(...increments))} to ${mib(Math.max(...increments))})`,
      ]);
    }
  });
  console.log(
    `\n${title}: what its own parts take in the process that runs the cells, MiB after a collection, medians of 3\n`,
  );
  printHead(["what", "RSS", "PSS"]);
  for (const { what, rss, pss } of await measureProbe(launch, 3)) printRow([what, mib(rss), mib(pss)]);
  await withKernel(async (kernel) => {
    const kept = await measureKept(kernel, 8);
    console.log(
      `\n${title}: kept by a loop that makes 800,000 objects and keeps none, MiB: ${kept.map(mib).join(" ")}`,
    );
    const { wall, cpu } = await measureFullHeap(kernel, repeats);
    console.log(
      `\n${title}: a measured cell of one number, where an earlier one keeps two million objects: ${wall.toFixed(0)} ms, CPU ${cpu.toFixed(0)} ms, medians of ${repeats}`,
    );
  });
}

function truthRow({
  cell,
  truth,
  spread,
  plainLess,
  increments,
  rightHolder,
  lineShares,
}: CellTruth): readonly string[] {
  const error = median(increments) - truth;
  const isOver = Math.abs(error) > Math.max(0.5 * mebibyte, 0.005 * truth, spread / 2);
  const share = median(lineShares);
  const isUnder = share < (cell.size === "large" ? 0.95 : 0.85);
  return [
    cell.name,
    cell.set,
    `${mib(truth)}${spread > 0 ? ` ± ${mib(spread / 2)}` : ""}`,
    cell.peak.by,
    plainLess === undefined ? "—" : mib(plainLess),
    `${mib(error)}${isOver ? " over" : ""}`,
    percent(error / truth),
    increments.map((increment) => mib(increment - truth)).join(" "),
    rightHolder === undefined ? "—" : `${rightHolder} of ${increments.length}`,
    lineShares.length === 0 ? "—" : `${percent(share)}${isUnder ? " under" : ""}`,
  ];
}

function overheadOptions(): OverheadOptions {
  return {
    rounds,
    ways: ways.filter(({ name }) => chosenWays.includes(name)),
    workloads: Object.fromEntries(
      Object.entries(workloads)
        .filter(([name]) => chosenWorkloads.includes(name))
        .map(([name, block]) => [name, `for (let again = 0; again < ${scale}; again++) ${block}`]),
    ),
    onProgress: (text) => process.stderr.write(`\r\x1b[K${text}`),
  };
}

async function printParts(title: string, kernel: ProfiledKernel): Promise<void> {
  const options = overheadOptions();
  // By lines it is the cell's own code that works, and with "on" nothing in its process.
  const found = await measureParts(kernel, {
    ...options,
    ways: options.ways.filter(({ name }) => name === "numbers" || name === "stacks"),
  });
  process.stderr.write("\r\x1b[K");
  console.log(`\n${title}, Node ${process.version}: CPU time of the parts of measuring, less what they take of a cell of one number, % of the
plain cell's; medians of ${rounds} rounds in turns\n`);
  printHead(["cell", "way", "plain, ms", ...partNames, "together", ""]);
  for (const { workload, way, plain, shares, together, isOver } of found)
    printRow([
      workload,
      way,
      plain.toFixed(0),
      ...partNames.map((name) => (100 * shares[name]).toFixed(2)),
      (100 * together).toFixed(2),
      isOver ? "over" : "",
    ]);
}

async function printOverhead(title: string, kernel: ProfiledKernel): Promise<void> {
  const { fixed, overheads } = await measureOverhead(kernel, overheadOptions());
  process.stderr.write("\r\x1b[K");
  console.log(
    `\n${title}, Node ${process.version}: what a measured cell of one number takes more than a plain one, ms\n`,
  );
  printHead(["way", "CPU of both processes", "time"]);
  for (const { way, cpu, wall } of fixed) printRow([way, cpu.toFixed(1), wall.toFixed(1)]);
  console.log(`\n${title}: CPU time of executor and kernel more than plain, less the above, % of the plain cell's; median of ${rounds}
rounds in turns (quartiles); the same of the quickest run of either; and what the kernel and the probe take of one CPU for as long as the cell runs, %\n`);
  printHead(["cell", "way", "plain, ms", "more, %", "quartiles", "least, %", "beside, %", ""]);
  for (const each of overheads) {
    const sorted = [...each.shares].sort((a, b) => a - b);
    const quartile = (part: number) => percent(sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN);
    printRow([
      each.workload,
      each.way,
      each.plain.toFixed(0),
      percent(each.share),
      `${quartile(0.25)} to ${quartile(0.75)}`,
      percent(each.least),
      percent(each.beside),
      each.isOver ? "over" : "",
    ]);
  }
}

async function measurePeers(found: PeersFound): Promise<void> {
  for (const reason of found.absent) console.log(reason);
  const titles = found.present.map(titleOf);
  const peerRepeats = Math.min(3, repeats);
  if (chosenParts.includes("truth") && found.present.length > 0) {
    console.log(`\nPython's profilers on the same cells: error of the peak in MiB, the function that holds the most right (+) or not (−),
share of the bytes on the right line in %; medians of ${peerRepeats} runs. "·": it does not say.\n`);
    printHead(["cell", "truth", ...titles]);
    for (const { name } of chosenCells) {
      const results = [];
      for (const peer of found.present) results.push(await measurePeer(found, peer, name, peerRepeats));
      const truth = results.find((result) => result.truth !== undefined)?.truth;
      if (truth === undefined) continue;
      printRow([
        name,
        mib(truth),
        ...results.map(({ peakError, isHolderRight, lineShare, failed }) =>
          failed === undefined
            ? [
                peakError === undefined ? "·" : mib(peakError),
                isHolderRight === undefined ? "·" : isHolderRight ? "+" : "−",
                lineShare === undefined ? "·" : percent(lineShare),
              ].join(" ")
            : `failed: ${failed}`,
        ),
      ]);
    }
  }
  if (!chosenParts.includes("overhead") || found.present.length === 0) return;
  console.log(
    `\nPython's profilers on workloads of the same kind: CPU time as a multiple of the plain run's, medians of ${peerRepeats} in turns\n`,
  );
  printHead(["cell", "plain, ms", ...titles]);
  for (const workload of chosenWorkloads) {
    const times = new Map(["none", ...found.present].map((peer) => [peer, [] as number[]]));
    for (let round = 0; round < peerRepeats; round++)
      for (const [peer, list] of times) list.push(await measurePeerCpu(found, peer, workload));
    const plain = median(times.get("none") ?? []);
    const ratio = (peer: string) => median(times.get(peer) ?? []) / (plain * (peer === "mprun" ? mprunScale : 1));
    printRow([workload, plain.toFixed(0), ...found.present.map((peer) => ratio(peer).toFixed(2))]);
  }
}

function printHead(titles: readonly string[]): void {
  printRow(titles);
  printRow(titles.map(() => "---"));
}

function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

function mib(bytes: number): string {
  return (bytes / mebibyte).toFixed(2);
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function launchIn(directory: string): KernelLaunch {
  const program = join(resolve(directory), "dist", "cli", "main.cjs");
  if (!existsSync(program)) fail(`there is no ${program}`);
  const own = ownKernel();
  const [node = process.execPath, _program, ...rest] = own.argv;
  return { ...own, argv: [node, program, ...rest] };
}

function readNames<T extends string>(option: string, text: string, known: readonly T[]): readonly T[] {
  // A name may have a comma in it.
  const chosen = known.filter((name) => `,${text},`.includes(`,${name},`));
  if (chosen.length === 0) fail(`--${option} takes ${known.join(", ")}, got ${JSON.stringify(text)}`);
  return chosen;
}

function positiveInteger(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    fail(`--${option} must be a positive integer, got ${JSON.stringify(text)}`);
  return value;
}

function fail(reason: string): never {
  console.error(`bench: ${reason}.`);
  process.exit(2);
}
