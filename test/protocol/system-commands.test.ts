// Our figures beside those of the commands that print them. What only grows is read before and after the command, which
// must fall in between: so nothing depends on how busy the machine is. A command that is not installed is skipped, and
// its test says so.
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { readCounters, type SystemCounters } from "../../profiler/system/counters.js";
import { readCpuLimits } from "../../profiler/system/cpu-limits.js";
import { readDataPath } from "../../profiler/system/data-path.js";
import { readMemoryLimits } from "../../profiler/system/memory-limits.js";
import { readProcessesFromProc } from "../../profiler/system/processes.js";
import { thisSystem } from "../../profiler/system/system.js";

const env = { ...process.env, LC_ALL: "C", S_TIME_FORMAT: "ISO" };
const own = [{ role: "executor", pid: process.pid }] as const;

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", env, timeout: 20_000 });
}

/** Skipped with the reason in its title where the command is absent. */
function withCommand(program: string, title: string, body: () => Promise<void>): void {
  const isThere = process.platform === "linux" && spawnSync("which", [program]).status === 0;
  const reason = isThere ? "" : ` (skipped: ${program} is not installed)`;
  test.runIf(isThere)(`${program}: ${title}${reason}`, body);
}

async function around<T>(read: () => Promise<T>, command: () => string) {
  const before = await read();
  const text = command();
  return { before, text, after: await read() };
}

const counters = () => readCounters(process.pid, thisSystem);

function counted<K extends keyof SystemCounters>(all: SystemCounters, key: K) {
  const measured = all[key];
  if (!("value" in measured)) throw new Error(`${key}: ${"missing" in measured ? measured.missing : "has several"}`);
  return measured.value as Extract<SystemCounters[K], { readonly value: unknown }>["value"];
}

function figureIn(text: string, pattern: RegExp): number {
  const figure = pattern.exec(text)?.[1];
  if (figure === undefined) throw new Error(`${pattern} is not in:\n${text}`);
  return Number(figure);
}

function expectBetween(value: number, one: number, other: number, slack = 0): void {
  expect(value).toBeGreaterThanOrEqual(Math.min(one, other) - slack);
  expect(value).toBeLessThanOrEqual(Math.max(one, other) + slack);
}

describe("the same figure as", () => {
  withCommand("nproc", "CPUs that this process may run on", async () => {
    const { limits } = await readCpuLimits(process.pid);
    expect(limits.find(({ name }) => name === "CPU affinity")?.value).toBe(Number(run("nproc")));
  });

  withCommand("free", "memory in all to the byte, and what is available but for what a moment changes", async () => {
    const { before, text, after } = await around(
      () => readMemoryLimits(process.pid),
      () => run("free", "-b"),
    );
    const [total = 0, , , , , available = 0] = text.split("\n")[1]?.match(/\d+/g)?.map(Number) ?? [];
    expect(before.machine.value).toBe(total);
    const free = [before, after].map((memory) => ("value" in memory.available ? memory.available.value : 0));
    // Where a container's limit is nearer, that is what can be had.
    if (before.holds.kind === "machine") expectBetween(available, free[0] ?? 0, free[1] ?? 0, 0.1 * total);
  });

  withCommand("vmstat", "context switches, pages swapped and time of the CPUs", async () => {
    const { before, text, after } = await around(counters, () => run("vmstat", "-s"));
    const [first, last] = [counted(before, "activity"), counted(after, "activity")];
    expectBetween(figureIn(text, /(\d+) CPU context switches/), first.contextSwitches, last.contextSwitches);
    expectBetween(figureIn(text, /(\d+) idle cpu ticks/) * 10, first.times.idle, last.times.idle);
    expectBetween(figureIn(text, /(\d+) stolen cpu ticks/) * 10, first.times.steal, last.times.steal);
    expectBetween(
      figureIn(text, /(\d+) pages swapped in/),
      counted(before, "paging").swappedIn,
      counted(after, "paging").swappedIn,
    );
  });

  withCommand("mpstat", "how the time of the CPUs went since the machine started", async () => {
    const { before, text } = await around(counters, () => run("mpstat"));
    const { times } = counted(before, "activity");
    const [user = 0, nice = 0, , ioWait = 0, , , steal = 0, , , idle = 0] =
      /\ball +(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
    const percent = (time: number) => (time / times.all) * 100;
    expect(percent(times.user)).toBeCloseTo(user + nice, 0);
    expect(percent(times.idle)).toBeCloseTo(idle, 0);
    expect(percent(times.ioWait)).toBeCloseTo(ioWait, 0);
    expect(percent(times.steal)).toBeCloseTo(steal, 0);
  });

  withCommand("iostat", "what each disk has read and written", async () => {
    const { before, text, after } = await around(counters, () => run("iostat", "-dk"));
    const last = counted(after, "disks");
    for (const { name, bytesRead, bytesWritten } of counted(before, "disks")) {
      const line = text.split("\n").find((one) => one.startsWith(`${name} `));
      const [read, written] = line?.trim().split(/\s+/).slice(5, 7).map(Number) ?? [];
      if (read === undefined || written === undefined) throw new Error(`iostat has no ${name}:\n${text}`);
      const end = last.find((disk) => disk.name === name);
      // It prints whole kilobytes.
      expectBetween(read * 1024, bytesRead, end?.bytesRead ?? 0, 1024);
      expectBetween(written * 1024, bytesWritten, end?.bytesWritten ?? 0, 1024);
    }
  });

  withCommand("pidstat", "memory of a process that does nothing", async () => {
    const pid = process.ppid;
    const read = async () => (await readProcessesFromProc(thisSystem)([pid], { pss: false })).get(pid);
    const { before, text, after } = await around(read, () => run("pidstat", "-r", "-p", String(pid)));
    const fields = text.trim().split("\n").at(-1)?.trim().split(/\s+/) ?? [];
    const titles =
      text
        .split("\n")
        .find((line) => line.includes("RSS"))
        ?.trim()
        .split(/\s+/) ?? [];
    const rss = Number(fields[titles.indexOf("RSS")]) * 1024;
    const [one, other] = [before, after].map((reading) =>
      reading !== undefined && "value" in reading.rss ? reading.rss.value : Number.NaN,
    );
    // A program that waits may still be written to by its neighbours.
    expectBetween(rss, one ?? 0, other ?? 0, 0.1 * rss);
  });

  withCommand("ss", "the connections of this process", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    const socket = connect(address.port, "127.0.0.1");
    await once(socket, "connect");
    try {
      const { sockets } = await readDataPath(own);
      const text = run("ss", "-tnp", "state", "established", "dport", "=", `:${address.port}`);
      expect(text).toContain(`pid=${process.pid},`);
      expect("value" in sockets && sockets.value).toContainEqual({ address: "127.0.0.1", port: address.port });
    } finally {
      socket.destroy();
      server.close();
    }
  });
});
