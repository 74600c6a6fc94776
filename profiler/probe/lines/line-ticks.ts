// A thread beside the cells. Each millisecond, while a cell is measured by line, it looks which site runs, what CPU
// time the cells' thread has had and what RSS is, and asks every site to read its memory once more.
import { openSync, readSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { control, courseLength, type Shared } from "./lines/shared.js";

const interval = 1;
const shared = workerData as Shared;
const { control: words } = shared;
const buffer = Buffer.alloc(256);
const readRss = openRss();
const readCpu = openCpu();

// The first reading compiles and allocates, which must not fall into a cell.
readRss();
readCpu();
Atomics.store(words, control.ready, 1);
Atomics.notify(words, control.ready);
for (;;) {
  Atomics.wait(words, control.running, 0);
  tickWhileRunning();
}

function tickWhileRunning(): void {
  let lastCpu = readCpu();
  let lastRss = readRss();
  let last = 0;
  const began = readTime();
  shared.began[0] = began;
  words[control.step] = interval;
  words[control.taken] = 0;
  while (Atomics.load(words, control.running) === 1) {
    const first = words[control.firstSite] ?? 0;
    const count = words[control.siteCount] ?? 0;
    const now = Atomics.load(shared.register, 0);
    const site = now >= first && now < first + count ? now : 0;
    const cpu = readCpu();
    const rss = readRss();
    add(shared.cpu, site, cpu - lastCpu);
    // What was going on at both ends of the millisecond has a half of it each.
    add(shared.rss, site, (rss - lastRss) / 2);
    add(shared.rss, last, (rss - lastRss) / 2);
    if (rss > (shared.peak[site] ?? 0)) shared.peak[site] = rss;
    last = site;
    note(site, readTime() - began);
    lastCpu = cpu;
    lastRss = rss;
    shared.flags.fill(1, first, first + count);
    Atomics.add(words, control.ticks, 1);
    Atomics.wait(words, control.running, 1, interval);
  }
}

/** A place that several looks fall into has the last of them. */
function note(site: number, elapsed: number): void {
  const { course } = shared;
  let step = words[control.step] ?? interval;
  let taken = words[control.taken] ?? 0;
  for (; elapsed / step >= courseLength; step *= 2) {
    taken = Math.ceil(taken / 2);
    for (let place = 0; place < taken; place++) course[place] = course[2 * place] ?? 0;
  }
  const place = Math.floor(elapsed / step);
  // The thread may have been late: what it did not see went on as before.
  if (taken < place) course.fill(course[taken - 1] ?? site, taken, place);
  course[place] = site;
  words[control.step] = step;
  words[control.taken] = place + 1;
}

function readTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function add(figures: Float64Array, site: number, amount: number): void {
  figures[site] = (figures[site] ?? 0) + amount;
}

function openRss(): () => number {
  if (process.platform !== "linux") return () => process.memoryUsage.rss();
  const statm = openSync("/proc/self/statm", "r");
  // Pages are as large as what RSS is a multiple of; Node tells RSS in bytes.
  const pageSize = pageSizeOf(fieldOf(statm, 1), process.memoryUsage.rss());
  return () => fieldOf(statm, 1) * pageSize;
}

function pageSizeOf(pages: number, bytes: number): number {
  return 2 ** Math.round(Math.log2(bytes / pages));
}

/** CPU time of the main thread, which has the id of the process; where that cannot be read, time is all there is. */
function openCpu(): () => number {
  try {
    const schedstat = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
    if (Number.isFinite(fieldOf(schedstat, 0))) return () => fieldOf(schedstat, 0) / 1e6;
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    // Not Linux, or a system that keeps no statistics of its scheduler.
  }
  return () => performance.now();
}

function fieldOf(descriptor: number, index: number): number {
  const text = buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, buffer.length, 0));
  return Number(text.split(" ")[index]);
}
