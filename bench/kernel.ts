// How soon a kernel is there and how quickly it answers, against stock tslab and ipykernel, in turns in one run:
// absolute times depend on the machine and its load, the ratios much less. Run by `npm run bench -- kernel`.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { languagePlace } from "../cli/language-place.js";
import { prepareLanguage } from "../kernel/language/client.js";
import type { KernelLaunch } from "../runner/kernel-process.js";
import { ownKernel } from "../runner/own-kernel.js";
import { startMeasured } from "./kernel-client.js";

interface Peer {
  readonly launch: KernelLaunch;
  /** A cell with a value, the shortest that there is. */
  readonly trivial: string;
}

/** What one start of one kernel gave; times in milliseconds. */
interface Round {
  readonly toInfo: number;
  readonly toResult: number;
  /** One for each cell. */
  readonly trips: readonly number[];
}

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, cells: { type: "string", default: "50" } },
});
const rounds = positiveInteger("rounds", values.rounds);
const cells = positiveInteger("cells", values.cells);

// It costs each start of Node 20 some 36 ms, and is set on some machines and not on others.
delete process.env.NODE_EXTRA_CA_CERTS;

// As `cellscope install` leaves a machine: a kernel that lives for seconds never builds the snapshot itself.
await prepareLanguage(languagePlace());

const { peers, absent } = findPeers();
const results = new Map<string, Round[]>(peers.map(({ launch }) => [launch.name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const peer of peers) {
    const result = await measure(peer);
    // The first round fills the caches of the disk and of the kernels.
    if (round > 0) results.get(peer.launch.name)?.push(result);
  }
}
console.log(`node ${process.version}, ${cpus().length} cores; medians of ${rounds} starts, in turns; least to most`);
console.log(renderTable());
for (const line of absent) console.log(line);

async function measure({ launch, trivial }: Peer): Promise<Round> {
  const kernel = await startMeasured(launch);
  try {
    // Some kernels lose a request that comes while they start.
    const toInfo = await kernel.ask("kernel_info_request", {}, { repeatAfter: 2000 });
    const toResult = await kernel.execute(trivial);
    const trips: number[] = [];
    for (let cell = 0; cell < cells; cell++) {
      const asked = performance.now();
      await kernel.execute(trivial);
      trips.push(performance.now() - asked);
    }
    return { toInfo, toResult, trips };
  } finally {
    await kernel.close();
  }
}

function findPeers(): { readonly peers: readonly Peer[]; readonly absent: readonly string[] } {
  const peers: Peer[] = [{ launch: ownKernel(), trivial: "1 + 1" }];
  const absent: string[] = [];
  const tslab = join(dirname(createRequire(import.meta.url).resolve("tslab/package.json")), "bin", "tslab");
  peers.push({
    launch: launchOf("tslab", [process.execPath, tslab, "kernel", "--config-path", "{connection_file}"]),
    trivial: "1 + 1",
  });
  const python = join(".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (existsSync(python)) {
    peers.push({
      launch: launchOf("ipykernel", [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]),
      trivial: "1 + 1",
    });
  } else {
    absent.push("ipykernel was not measured: there is no .venv; `npm run test:jupyter` makes one.");
  }
  return { peers, absent };
}

function launchOf(name: string, argv: readonly string[]): KernelLaunch {
  return { name, displayName: name, language: "", argv, interruptMode: "signal" };
}

function renderTable(): string {
  const measures: readonly (readonly [string, (round: Round) => readonly number[]])[] = [
    ["start to kernel_info", ({ toInfo }) => [toInfo]],
    ["start to first result", ({ toResult }) => [toResult]],
    ["trivial cell", ({ trips }) => [median(trips)]],
  ];
  const [own] = peers;
  const header = ["ms", ...peers.map(({ launch }) => launch.name)];
  const rows = measures.map(([title, pick]) => {
    const figures = peers.map(({ launch }) => (results.get(launch.name) ?? []).flatMap(pick));
    const base = median(figures[0] ?? []);
    const texts = figures.map((list) => {
      const range = `${formatTime(Math.min(...list))} to ${formatTime(Math.max(...list))}`;
      return `${formatTime(median(list))} (${range}) × ${(median(list) / base).toFixed(2)}`;
    });
    return [title, ...texts];
  });
  const note = `× is the ratio to ${own?.launch.name ?? ""}`;
  return [...alignColumns([header, ...rows]), note].join("\n");
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
}

function formatTime(time: number): string {
  return time < 20 ? time.toFixed(1) : time.toFixed(0);
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`bench: --${name} must be a positive integer, got ${JSON.stringify(text)}.`);
  return process.exit(2);
}
