// What is measured of a kernel. Each group has a kernel of its own for each peer and round.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Answer, type Execution, type MeasuredKernel, startMeasured } from "./kernel-client.js";
import type { Peer } from "./kernel-peers.js";
import { readProcessTree } from "./process-tree.js";
import { median } from "./statistics.js";

/** One figure of one round: milliseconds or bytes, `"never"` after the limit, and what else has to be said. */
export interface Figure {
  readonly measure: string;
  readonly unit: "ms" | "bytes";
  readonly value: number | "never";
  readonly note?: string;
}

/** Figures that are taken of one kernel. */
export interface Group {
  /** Rounds where nothing else is asked for. */
  readonly rounds: number;
  readonly run: (peer: Peer, cwd: string) => Promise<readonly Figure[]>;
}

/** Milliseconds after which a kernel that says nothing is taken for hung. */
const silence = 5000;
/** Milliseconds after which what is still coming is given up. */
const patience = 60_000;
const interruptLimit = 5000;

/** The groups by the names that `--only` takes. */
export const groups: Readonly<Record<string, Group>> = {
  start: { rounds: 7, run: alone(measureStart) },
  beside: { rounds: 3, run: withKernel(measureBeside) },
  cells: { rounds: 3, run: withKernel(measureCells) },
  lines: { rounds: 3, run: withKernel(measureLines) },
  flood: { rounds: 1, run: withKernel(measureFlood) },
  complete: { rounds: 3, run: withKernel(measureCompletion) },
  busy: { rounds: 1, run: withKernel(measureBusy) },
  interrupt: { rounds: 2, run: withKernel(measureInterrupt) },
  memory: { rounds: 2, run: withKernel(measureMemory) },
};

type Measure = (kernel: MeasuredKernel, peer: Peer) => Promise<readonly Figure[]>;

function withKernel(measure: Measure): Group["run"] {
  return async (peer, cwd) => {
    const kernel = await startMeasured(peer.launch, cwd);
    try {
      return await measure(kernel, peer);
    } finally {
      await kernel.close();
    }
  };
}

/** In a folder of its own, as most notebooks are: what is installed beside one is the notebook's, and takes its time. */
function alone(measure: Measure): Group["run"] {
  return async (peer) => {
    const folder = await mkdtemp(join(tmpdir(), "cellscope-bench-"));
    try {
      return await withKernel(measure)(peer, folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

async function measureStart(kernel: MeasuredKernel, { phrases }: Peer): Promise<readonly Figure[]> {
  const info = await askInfo(kernel);
  const result = await kernel.execute(phrases.trivial).reply;
  const trips: number[] = [];
  for (let trip = 0; trip < 200; trip += 1) trips.push(await timeOf(kernel.execute(phrases.trivial)));
  return [
    time("start to kernel_info", sinceStart(kernel, info)),
    time("start to first result", sinceStart(kernel, result)),
    time("trivial cell, median of 200", median(trips)),
  ];
}

async function measureBeside(kernel: MeasuredKernel, { phrases }: Peer): Promise<readonly Figure[]> {
  await askInfo(kernel);
  const result = await kernel.execute(phrases.trivial).reply;
  return [time("first result beside @types/node of another version", sinceStart(kernel, result))];
}

async function measureCells(kernel: MeasuredKernel, { phrases }: Peer): Promise<readonly Figure[]> {
  await ready(kernel, phrases.trivial);
  const figures: Figure[] = [];
  const runAll = async (when: string, name: string) => {
    for (const lines of [10, 50, 200]) {
      const code = phrases.cell(lines, `${name}${lines}_`);
      figures.push(time(`${lines} lines${when}, first`, await timeOf(kernel.execute(code))));
      figures.push(time(`${lines} lines${when}, again`, await timeOf(kernel.execute(code))));
    }
  };
  await runAll("", "a");
  if (phrases.imports === undefined) return figures;
  figures.push(time("importing zod and apache-arrow", await timeOf(kernel.execute(phrases.imports))));
  await runAll(" after the imports", "b");
  return figures;
}

async function measureLines(kernel: MeasuredKernel, { phrases }: Peer): Promise<readonly Figure[]> {
  await ready(kernel, phrases.trivial);
  await kernel.execute(phrases.print(1)).reply;
  const few = await printed(kernel, phrases.print(10_000), 10_000);
  // A kernel that has lost lines may be past answering.
  if (few.value === "never") return [few];
  await kernel.execute(phrases.display(1)).reply;
  const display = kernel.execute(phrases.display(10_000_000));
  const isThere = await until(display, () => display.output.displays > 0 && display.output.idleAt !== undefined);
  return [few, time("10 MB display", isThere ? display.output.lastAt - display.sent : "never")];
}

async function measureFlood(kernel: MeasuredKernel, { phrases }: Peer): Promise<readonly Figure[]> {
  await ready(kernel, phrases.trivial);
  await kernel.execute(phrases.print(1)).reply;
  return [await printed(kernel, phrases.print(1_000_000), 1_000_000)];
}

async function measureCompletion(kernel: MeasuredKernel, { phrases }: Peer): Promise<readonly Figure[]> {
  await ready(kernel, phrases.trivial);
  const complete = async (before = ""): Promise<number> => {
    const sent = performance.now();
    const code = before + phrases.completed;
    const content = { code, cursor_pos: code.length };
    const answer = await kernel.ask("shell", "complete_request", content, { limit: silence });
    const { matches } = answer?.content ?? {};
    if (!answer || !Array.isArray(matches) || matches.length === 0) return Number.NaN;
    return answer.at - sent;
  };
  const first = await complete();
  const warm: number[] = [];
  for (let count = 0; count < 50; count += 1) warm.push(await complete());
  // No text is the one before, as when something else is written.
  const other: number[] = [];
  for (let count = 0; count < 50; count += 1) other.push(await complete("\n".repeat(1 + (count % 7))));
  return [
    time("completion, first", first),
    time("completion, warm", median(warm)),
    time("completion, another text", median(other)),
  ];
}

async function measureBusy(kernel: MeasuredKernel, { phrases }: Peer): Promise<readonly Figure[]> {
  await ready(kernel, phrases.trivial);
  const typed = { code: phrases.completed, cursor_pos: phrases.completed.length };
  const named = { ...typed, cursor_pos: phrases.completed.length - 1, detail_level: 0 };
  // The first ones are slow for reasons of their own.
  await kernel.ask("shell", "complete_request", typed);
  await kernel.ask("shell", "inspect_request", named);
  const cell = kernel.execute(phrases.busy(3000), { limit: 20_000 });
  let runs = true;
  const end = () => {
    runs = false;
  };
  const ended = cell.reply.then(end, end);
  const worst = async (ask: () => Promise<boolean>): Promise<number | "never"> => {
    let longest = 0;
    await setTimeout(200);
    while (runs) {
      const sent = performance.now();
      if (!(await ask())) return "never";
      longest = Math.max(longest, performance.now() - sent);
      await setTimeout(50);
    }
    return longest;
  };
  const ask = (...question: Parameters<MeasuredKernel["ask"]>) =>
    worst(async () => (await kernel.ask(...question)) !== undefined);
  const limit = { limit: 10_000 };
  const [beat, control, completion, inspection] = await Promise.all([
    worst(() => kernel.beat(10_000)),
    ask("control", "kernel_info_request", {}, limit),
    ask("shell", "complete_request", typed, limit),
    ask("shell", "inspect_request", named, limit),
  ]);
  await ended;
  return [
    time("heartbeat while busy, worst", beat),
    time("control while busy, worst", control),
    time("completion while busy, worst", completion),
    time("inspection while busy, worst", inspection),
  ];
}

async function measureInterrupt(kernel: MeasuredKernel, peer: Peer): Promise<readonly Figure[]> {
  const { phrases, launch } = peer;
  await ready(kernel, phrases.trivial);
  const interrupt = async (measure: string, code: string): Promise<Figure> => {
    const cell = kernel.execute(code, { limit: interruptLimit });
    // Nothing that a busy kernel sends says that the loop has been reached.
    await setTimeout(500);
    const sent = performance.now();
    if (launch.interruptMode === "signal") kernel.signal("SIGINT");
    else kernel.ask("control", "interrupt_request", {}, { limit: interruptLimit }).catch(() => undefined);
    const answer = await cell.reply;
    if (answer === undefined) return time(measure, "never");
    if (answer.at < sent) return { ...time(measure, "never"), note: "the cell had ended before" };
    return time(measure, answer.at - sent);
  };
  const loop = await interrupt("interrupt of a busy loop", phrases.busy(interruptLimit * 4));
  if (loop.value === "never") return [loop];
  return [loop, await interrupt("interrupt of an await", phrases.neverSettling)];
}

async function measureMemory(kernel: MeasuredKernel, { phrases }: Peer): Promise<readonly Figure[]> {
  const read = async (when: string): Promise<readonly Figure[]> => {
    // What still starts in the background is part of it.
    await setTimeout(2000);
    const tree = readProcessTree(kernel.pid);
    if (tree === undefined) return [];
    const executor = tree.filter(({ command }) => command.includes("kernel/executor/main.cjs"));
    const sum = (list: typeof tree) => list.reduce((total, { pss }) => total + pss, 0);
    return [
      { measure: `memory ${when}, all processes`, unit: "bytes", value: sum(tree) },
      { measure: `memory ${when}, where cells run`, unit: "bytes", value: sum(executor.length > 0 ? executor : tree) },
    ];
  };
  await askInfo(kernel);
  const idle = await read("idle");
  await kernel.execute(phrases.trivial).reply;
  return [...idle, ...(await read("after a cell"))];
}

// Some kernels lose a request that comes while they start.
function askInfo(kernel: MeasuredKernel): Promise<Answer | undefined> {
  return kernel.ask("shell", "kernel_info_request", {}, { repeatAfter: 2000 });
}

async function ready(kernel: MeasuredKernel, trivial: string): Promise<void> {
  await askInfo(kernel);
  await kernel.execute(trivial).reply;
}

async function timeOf({ sent, reply }: Execution): Promise<number> {
  const answer = await reply;
  if (answer === undefined || answer.content.status !== "ok") {
    throw new Error(`A cell that should run did not: ${JSON.stringify(answer?.content ?? "no reply")}`);
  }
  return answer.at - sent;
}

async function printed(kernel: MeasuredKernel, code: string, lines: number): Promise<Figure> {
  const cell = kernel.execute(code);
  const { output } = cell;
  const isThere = await until(cell, () => output.lines >= lines && output.idleAt !== undefined);
  const measure = `${lines.toLocaleString("en")} lines`;
  if (isThere) {
    const late = (output.idleAt ?? 0) < output.lastAt ? { note: "lines after idle" } : {};
    return { ...time(measure, output.lastAt - cell.sent), ...late };
  }
  return { ...time(measure, "never"), note: `${output.lines.toLocaleString("en")} lines came` };
}

/** Waits for what a cell brings about; gives up when nothing of it has come for a while. */
async function until({ output, reply, sent }: Execution, isThere: () => boolean): Promise<boolean> {
  // It may come late, or not at all: the output tells.
  reply.catch(() => undefined);
  while (!isThere()) {
    const now = performance.now();
    if (now - output.lastAt > silence || now - sent > patience) return false;
    await setTimeout(5);
  }
  return true;
}

function sinceStart({ began }: MeasuredKernel, answer: Answer | undefined): number | "never" {
  return answer === undefined ? "never" : answer.at - began;
}

function time(measure: string, value: number | "never"): Figure {
  return { measure, unit: "ms", value: value === "never" || Number.isNaN(value) ? "never" : value };
}
