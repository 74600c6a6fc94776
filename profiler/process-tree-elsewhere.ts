// Watches a process and all that it started where there is no /proc: by asking the system's own programs now and then.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { TreeReading, TreeSample, TreeWatch } from "./process-tree.js";
import { readProcessesWithPidusage } from "./system/processes-elsewhere.js";

/** What each process of a tree held and had taken when it was last asked for. */
interface Look {
  readonly at: number;
  /** By process id: bytes, and milliseconds of CPU time. */
  readonly processes: ReadonlyMap<number, { readonly rss: number; readonly cpu: number | undefined }>;
}

/** A process and the one that started it. */
export interface ProcessParent {
  readonly pid: number;
  readonly parentPid: number;
}

/** Each question starts a program, so there are few of them. */
const lookInterval = 500;
const listLimit = 10_000;

/** Watches the tree that `pid` is the root of; what it reads is sampled, and never exact. */
export function watchTreeElsewhere(
  pid: number,
  {
    platform = process.platform,
    list = () => listProcesses(platform),
  }: { readonly platform?: NodeJS.Platform; readonly list?: () => Promise<readonly ProcessParent[]> } = {},
): TreeWatch {
  const read = readProcessesWithPidusage(platform);
  let last: Look | undefined;
  let running: Promise<void> | undefined;
  let run: { readonly began: Look; readonly samples: TreeSample[]; hasLost: boolean } | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  async function look(): Promise<void> {
    const members = treeOf(pid, await list());
    const readings = await read(members, { pss: false });
    const processes = new Map(
      [...readings].flatMap(([member, { rss, cpuTime }]) =>
        "value" in rss
          ? [[member, { rss: rss.value, cpu: "value" in cpuTime ? cpuTime.value : undefined }] as const]
          : [],
      ),
    );
    if (processes.size === 0) return;
    last = { at: performance.now(), processes };
    if (!run) return;
    if ([...run.began.processes.keys()].some((member) => !processes.has(member))) run.hasLost = true;
    run.samples.push({ time: last.at - run.began.at, rss: totalOf(last) });
  }

  /** One question at a time; one that failed leaves what was known. */
  function begin(): Promise<void> {
    running ??= look()
      .catch(() => undefined)
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  return {
    freshen: async () => {
      // What was asked before now may be older than now.
      await running;
      await begin();
    },
    begin: () => {
      if (!last) return;
      run = { began: { ...last, at: performance.now() }, samples: [{ time: 0, rss: totalOf(last) }], hasLost: false };
      clearInterval(timer);
      timer = setInterval(() => void begin(), lookInterval);
      timer.unref();
    },
    end: () => {
      clearInterval(timer);
      if (!run || !last) return undefined;
      const reading = readingOf(run, last);
      run = undefined;
      return reading;
    },
    rss: () => (last ? totalOf(last) : Number.NaN),
    processes: () =>
      [...(last?.processes ?? [])]
        .map(([member, { rss }]) => ({ pid: member, rss }))
        .sort((one, other) => other.rss - one.rss),
    close: () => clearInterval(timer),
  };
}

function readingOf(
  run: { readonly began: Look; readonly samples: readonly TreeSample[]; readonly hasLost: boolean },
  last: Look,
): TreeReading | undefined {
  // Nothing was seen since it began: then nothing is known of it.
  if (run.samples.length < 2) return undefined;
  const baseline = totalOf(run.began);
  const cpu = cpuOf(last) - cpuOf(run.began);
  return {
    duration: performance.now() - run.began.at,
    ...(Number.isFinite(cpu) && cpu >= 0 && !run.hasLost ? { cpu } : {}),
    baseline,
    peak: Math.max(...run.samples.map(({ rss }) => rss)),
    exact: false,
    end: run.samples.at(-1)?.rss ?? baseline,
    samples: run.samples,
  };
}

function totalOf({ processes }: Look): number {
  return [...processes.values()].reduce((sum, { rss }) => sum + rss, 0);
}

function cpuOf({ processes }: Look): number {
  return [...processes.values()].reduce((sum, { cpu = Number.NaN }) => sum + cpu, 0);
}

/** The root and all that it started, and all that those started. Pure. */
export function treeOf(root: number, processes: readonly ProcessParent[]): number[] {
  if (!processes.some(({ pid }) => pid === root)) return [];
  const tree = [root];
  // Grows while it is gone through.
  for (const parent of tree) {
    for (const { pid, parentPid } of processes) if (parentPid === parent && !tree.includes(pid)) tree.push(pid);
  }
  return tree;
}

/** Reads a table of process ids and their parents' ids, one process a line. Pure. */
export function parseParents(table: string): ProcessParent[] {
  return [...table.matchAll(/^\s*(\d+)[\s,]+(\d+)\s*$/gm)].map(([, pid, parentPid]) => ({
    pid: Number(pid),
    parentPid: Number(parentPid),
  }));
}

async function listProcesses(platform: NodeJS.Platform): Promise<ProcessParent[]> {
  const script = 'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId)" }';
  const [program, args] =
    platform === "win32"
      ? (["powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", script]] as const)
      : (["ps", ["-A", "-o", "pid=,ppid="]] as const);
  const { stdout } = await promisify(execFile)(program, args, { timeout: listLimit, windowsHide: true });
  return parseParents(stdout);
}
