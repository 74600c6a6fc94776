// The memory profilers of Python on the same cells, each cell in a process of its own.
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { shareOnRightLine } from "./line-cells.js";
import { median } from "./statistics.js";

/** A profiler, and the package that brings it. */
interface Peer {
  readonly title: string;
  readonly packages: readonly string[];
  /** The program and its arguments before the script. */
  readonly start: (python: string, folder: string) => readonly string[];
}

const peers: Readonly<Record<string, Peer>> = {
  memit: {
    title: "%memit",
    packages: ["memory_profiler==0.61.0", "ipython==9.18.1", "setuptools==65.5.0"],
    start: (python) => [python],
  },
  mprun: { title: "%mprun", packages: ["memory_profiler==0.61.0"], start: (python) => [python] },
  fil: {
    title: "Fil",
    packages: ["filprofiler==2024.11.2"],
    start: (python) => [join(python, "..", "fil-profile"), "python"],
  },
  memray: { title: "memray", packages: ["memray==1.20.0"], start: (python) => [python] },
  scalene: {
    title: "Scalene",
    packages: ["scalene==2.4.0"],
    start: (python, folder) => [python, "-m", "scalene", "run", "-o", join(folder, "scalene.json")],
  },
};

/** What the cells themselves need. */
const cellPackages = ["numpy==2.4.6", "pyarrow==26.0.1"];
const home = join(".cache", "peers");
const runLimit = 180_000;
const installLimit = 300_000;
const run = promisify(execFile);

/** The peers that are here, by their names, and why others are not. */
export interface PeersFound {
  readonly python: string;
  readonly present: readonly string[];
  readonly absent: readonly string[];
}

/** Installs the peers into a virtual environment of the benchmarks' own. */
export function installPeers(): PeersFound {
  const python = join(process.cwd(), home, "bin", "python");
  if (!existsSync(python)) spawnSync("python3", ["-m", "venv", home], { stdio: "ignore" });
  const install = (packages: readonly string[]) => {
    const options = { stdio: ["ignore", "ignore", "pipe"] as const, timeout: installLimit };
    const { status, stderr, error } = spawnSync(python, ["-m", "pip", "install", "-q", ...packages], {
      ...options,
      stdio: [...options.stdio],
    });
    return status === 0 ? undefined : (error?.message ?? stderr.toString().trim().split("\n").at(-1) ?? "");
  };
  const refused = install(cellPackages);
  if (refused !== undefined) return { python, present: [], absent: [`Python's profilers were not run: ${refused}`] };
  const found = Object.entries(peers).map(([name, { title, packages }]) => ({
    name,
    title,
    reason: install(packages),
  }));
  return {
    python,
    present: found.flatMap(({ name, reason }) => (reason === undefined ? [name] : [])),
    absent: found.flatMap(({ title, reason }) =>
      reason === undefined ? [] : [`${title} could not be installed: ${reason}`],
    ),
  };
}

/** The title of a peer. */
export function titleOf(peer: string): string {
  return peers[peer]?.title ?? peer;
}

/** What a profiler says of a cell, against what is true; what it does not say is absent. */
export interface PeerTruth {
  readonly peakError?: number;
  readonly truth?: number;
  readonly isHolderRight?: boolean;
  readonly lineShare?: number;
  readonly failed?: string;
}

/** Runs a cell under a profiler, `repeats` times. */
export async function measurePeer(
  { python }: PeersFound,
  peer: string,
  cell: string,
  repeats: number,
): Promise<PeerTruth> {
  const known = await truthOf(python, cell);
  if (known === undefined) return { failed: "not in Python" };
  const peaks: number[] = [];
  const shares: number[] = [];
  let right = 0;
  let said = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const found = await start(python, peer, "truth", cell);
    if ("failed" in found) return found;
    if (found.peak !== undefined) peaks.push(found.peak);
    if (found.holder !== undefined) {
      said += 1;
      if (found.holder === known.holder) right += 1;
    }
    if (found.lines !== undefined && known.lines !== undefined) {
      const costs = Object.entries(found.lines).map(([line, bytes]) => ({
        // The shares count a magic's line before the first.
        line: Number(line) - known.firstLine + 1,
        heap: bytes,
        external: 0,
      }));
      shares.push(costs.length === 0 ? 0 : shareOnRightLine(costs, known.lines));
    }
  }
  return {
    truth: known.peak,
    ...(peaks.length > 0 && { peakError: median(peaks) - known.peak }),
    ...(said > 0 && known.holder !== null && { isHolderRight: right * 2 > said }),
    ...(shares.length > 0 && { lineShare: median(shares) }),
  };
}

/** CPU time in milliseconds of a workload under a profiler; `none` is without. */
export async function measurePeerCpu({ python }: PeersFound, peer: string, workload: string): Promise<number> {
  const found = await start(python, peer, "overhead", workload);
  return "failed" in found ? Number.NaN : (found.cpu ?? Number.NaN);
}

/** `%mprun` is so slow that it gets so little of a workload. */
export const mprunScale = 0.004;

interface Found {
  readonly peak?: number;
  readonly holder?: string | null;
  /** By line of the file. */
  readonly lines?: Readonly<Record<string, number>>;
  readonly cpu?: number;
}

interface Known {
  readonly peak: number;
  readonly holder: string | null;
  readonly lines?: Readonly<Record<number, number>>;
  readonly firstLine: number;
}

const knownCells = new Map<string, Promise<Known | undefined>>();

function truthOf(python: string, cell: string): Promise<Known | undefined> {
  const known = knownCells.get(cell) ?? readTruth(python, cell);
  knownCells.set(cell, known);
  return known;
}

async function readTruth(python: string, cell: string): Promise<Known | undefined> {
  const code = `import json, sys; import memprofile_cells as c; e = c.CELLS.get(sys.argv[1]); f = c.stage if e and e[2] == "stage" else e and e[0]; print(json.dumps(e and {"peak": e[1], "holder": e[2], "lines": e[3], "firstLine": f.__code__.co_firstlineno}))`;
  const { stdout } = await run(python, ["-c", code, cell], { env: environment() });
  const told = JSON.parse(stdout) as (Omit<Known, "peak"> & { readonly peak: number | null }) | null;
  if (told === null) return undefined;
  const { lines, ...known } = told;
  const peak = told.peak ?? (await medianOfPlain(python, cell));
  return { ...known, peak, ...(lines && { lines }) };
}

async function medianOfPlain(python: string, cell: string): Promise<number> {
  const peaks: number[] = [];
  for (let repeat = 0; repeat < 3; repeat++) {
    const found = await start(python, "plain", "truth", cell);
    if (!("failed" in found) && found.peak !== undefined) peaks.push(found.peak);
  }
  return median(peaks);
}

async function start(
  python: string,
  peer: string,
  task: "truth" | "overhead",
  name: string,
): Promise<Found | { readonly failed: string }> {
  const folder = mkdtempSync(join(tmpdir(), "cellscope-bench-"));
  try {
    const result = join(folder, "result.json");
    const script = join(process.cwd(), "bench", "memprofile-peer.py");
    const [program = python, ...before] = peers[peer]?.start(python, folder) ?? [python];
    const separator = peer === "scalene" ? ["---"] : [];
    await run(program, [...before, script, ...separator, peer, task, name], {
      cwd: folder,
      env: { ...environment(), CELLSCOPE_BENCH_RESULT: result },
      timeout: runLimit,
      maxBuffer: 1e8,
    });
    const found = JSON.parse(readFileSync(result, "utf8")) as Found;
    return peer === "scalene" && task === "truth"
      ? parseScalene(readFileSync(join(folder, "scalene.json"), "utf8"))
      : found;
  } catch (error) {
    const isOverdue = error instanceof Error && "killed" in error && error.killed === true;
    if (isOverdue) return { failed: `did not end in ${runLimit / 1000} s` };
    const message = error instanceof Error ? error.message : String(error);
    return { failed: message.trim().split("\n").at(-1) ?? message };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PYTHONPATH: join(process.cwd(), "bench"), PYTHONDONTWRITEBYTECODE: "1" };
}

const mebibyte = 1024 * 1024;

interface ScaleneProfile {
  readonly max_footprint_mb: number;
  readonly files: Readonly<
    Record<
      string,
      {
        readonly lines: readonly { readonly lineno: number; readonly n_malloc_mb: number }[];
        readonly functions: readonly { readonly line: string; readonly n_peak_mb: number }[];
      }
    >
  >;
}

function parseScalene(text: string): Found {
  const { max_footprint_mb: peak, files } = JSON.parse(text) as ScaleneProfile;
  const file = Object.entries(files ?? {}).find(([name]) => name.endsWith("memprofile_cells.py"))?.[1];
  const lines = Object.fromEntries((file?.lines ?? []).map((each) => [each.lineno, each.n_malloc_mb * mebibyte]));
  const holder = [...(file?.functions ?? [])].sort((a, b) => b.n_peak_mb - a.n_peak_mb)[0]?.line ?? null;
  return { peak: (peak ?? 0) * mebibyte, holder, lines };
}
