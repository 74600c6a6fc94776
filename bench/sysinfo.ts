// npm run bench -- sysinfo [--rounds N]
//
// Time and CPU of one look at the system: ours, npm systeminformation asked for the same things, and the commands of
// the sixty-second checklist spawned. They take turns, and the medians are compared. Rates need two moments: what is
// compared is one moment, without the pause between two.
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { readMoment } from "../profiler/system/history.js";
import { measureSystemInfo } from "../profiler/system/system-info.js";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new Error(`--rounds must be a whole number from 1 on, got "${values.rounds}".`);
}

const peers = join(process.cwd(), ".cache", "peers");
const peer = "systeminformation@5.33.23";

interface Contestant {
  readonly name: string;
  readonly look: () => Promise<unknown>;
}

const own = [{ role: "executor", pid: process.pid }] as const;
// A kernel has its history: it never waits between two moments.
const past = { ...(await readMoment(own)), at: performance.now() - 30_000 };
const history = { moments: () => [past], close: () => undefined };
const watchRuntime = async () => ({ missing: "there is no executor in this benchmark" });

const contestants: Contestant[] = [
  { name: "cellscope, counters of one moment", look: () => readMoment(own) },
  { name: "cellscope, the whole %sysinfo", look: () => measureSystemInfo(own, { history, watchRuntime }) },
];
const information = loadSystemInformation();
if (information !== undefined) contestants.push({ name: peer, look: information });
const commands = presentCommands();
if (commands.length > 0) {
  contestants.push({ name: `${commands.length} of 10 commands`, look: () => spawnAll(commands) });
}

const results = new Map(contestants.map(({ name }) => [name, { wall: [] as number[], cpu: [] as number[] }]));
for (let round = -1; round < rounds; round++) {
  for (const { name, look } of contestants) {
    const [cpuBefore, began] = [cpuTime(), performance.now()];
    await look();
    const [wall, cpu] = [performance.now() - began, cpuTime() - cpuBefore];
    // The first round loads and compiles what the others find ready.
    if (round < 0) continue;
    results.get(name)?.wall.push(wall);
    results.get(name)?.cpu.push(cpu);
  }
}

console.log(`${rounds} rounds in turns; medians in milliseconds; CPU with that of child processes\n`);
const first = results.get("cellscope, the whole %sysinfo");
for (const [name, { wall, cpu }] of results) {
  const times = first === undefined ? Number.NaN : median(cpu) / median(first.cpu);
  const figures = [median(wall), median(cpu)].map((value) => value.toFixed(1).padStart(8));
  console.log(`${name.padEnd(36)} wall ${figures[0]}   CPU ${figures[1]}   ${times.toFixed(1).padStart(6)} ×`);
}

/** CPU time of this process and of those that it has waited for, in milliseconds. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + childTime();
}

/** Node tells of its children's time nowhere; `/proc` counts it in steps of 10 ms. */
function childTime(): number {
  const stat = process.platform === "linux" ? readFileSync("/proc/self/stat", "latin1") : "";
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * 10 || 0;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Peers are installed beside the benchmark and nowhere else; without a registry there is one peer less. */
function loadSystemInformation(): (() => Promise<unknown>) | undefined {
  const folder = join(peers, "node_modules", "systeminformation");
  if (!existsSync(folder)) {
    mkdirSync(peers, { recursive: true });
    const args = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", peers, peer];
    const { status } = spawnSync("npm", args, { stdio: ["ignore", "ignore", "inherit"], timeout: 120_000 });
    if (status !== 0) {
      console.error(`bench: ${peer} could not be installed and is left out.`);
      return undefined;
    }
  }
  const si = createRequire(join(peers, "index.js"))("systeminformation") as Readonly<
    Record<string, () => Promise<unknown>>
  >;
  const questions = [
    "mem",
    "currentLoad",
    "fullLoad",
    "fsSize",
    "disksIO",
    "networkStats",
    "processes",
    "osInfo",
    "graphics",
  ];
  return () => Promise.all(questions.flatMap((question) => si[question]?.() ?? []));
}

/** The ten commands, asked for one moment each. */
function presentCommands(): readonly (readonly [string, readonly string[]])[] {
  const all: readonly (readonly [string, readonly string[]])[] = [
    ["uptime", []],
    ["dmesg", []],
    ["vmstat", []],
    ["mpstat", ["-P", "ALL"]],
    ["pidstat", []],
    ["iostat", ["-xz"]],
    ["free", ["-m"]],
    ["sar", ["-n", "DEV", "1", "1"]],
    ["ss", ["-s"]],
    ["top", ["-b", "-n", "1"]],
  ];
  const present = all.filter(([program]) => spawnSync("which", [program]).status === 0);
  const absent = all.filter((command) => !present.includes(command)).map(([program]) => program);
  if (absent.length > 0) console.error(`bench: not installed here and left out: ${absent.join(", ")}.`);
  return present;
}

async function spawnAll(all: readonly (readonly [string, readonly string[]])[]): Promise<void> {
  const run = promisify(execFile);
  // A command that is refused something, as dmesg is in containers, has taken its time all the same.
  for (const [program, args] of all) await run(program, [...args], { maxBuffer: 2 ** 26 }).catch(() => undefined);
}
