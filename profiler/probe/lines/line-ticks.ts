/// <reference lib="es2024.sharedmemory" />
// Runs in the guard's thread. Every millisecond, and every 4 in a cell that takes seconds, while a cell is measured by line, it
// looks which site runs, what CPU time the cells' thread has had and what RSS is, and asks every site to read its memory once
// more.
import { openSync, readSync } from "node:fs";
import { BroadcastChannel } from "node:worker_threads";
import { intervalAt, linesPace } from "../../pace.js";
import { control, courseLength, lineChannel, type Shared } from "./shared.js";

/** Serves the meter on the main thread, for as long as this thread lives. */
export function serveLineTicks(): void {
  const channel = new BroadcastChannel(lineChannel);
  channel.unref();
  let looks: LineLooks | undefined;
  channel.onmessage = (event) => {
    if (looks !== undefined) return;
    // The meter sends this and nothing else; it sends it again until it is ready.
    looks = new LineLooks((event as { readonly data: Shared }).data);
    void serve(looks);
  };
}

async function serve(looks: LineLooks): Promise<never> {
  for (;;) {
    await looks.untilRunning();
    await looks.whileRunning();
  }
}

class LineLooks {
  readonly #shared: Shared;
  readonly #buffer = Buffer.alloc(256);
  readonly #readRss: () => number;
  readonly #readCpu: () => number;
  #lastCpu = 0;
  #lastRss = 0;
  #lastSite = 0;
  #began = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#readRss = openRss(this.#buffer);
    this.#readCpu = openCpu(this.#buffer);
    // The first reading compiles and allocates, which must not fall into a cell.
    this.#readRss();
    this.#readCpu();
    Atomics.store(shared.control, control.ready, 1);
    Atomics.notify(shared.control, control.ready);
  }

  async untilRunning(): Promise<void> {
    // Not as a wait that blocks: this thread also stops cells and reads the heap.
    const { value } = Atomics.waitAsync(this.#shared.control, control.running, 0);
    await value;
  }

  whileRunning(): Promise<void> {
    const { control: words, began } = this.#shared;
    this.#lastCpu = this.#readCpu();
    this.#lastRss = this.#readRss();
    this.#lastSite = 0;
    this.#began = readTime();
    began[0] = this.#began;
    words[control.step] = linesPace.shortest;
    words[control.taken] = 0;
    this.#look();
    return new Promise((resolve) => {
      const next = () => setTimeout(look, intervalAt(linesPace, readTime() - this.#began));
      const look = () => {
        if (Atomics.load(words, control.running) !== 1) {
          resolve();
          return;
        }
        this.#look();
        next();
      };
      next();
    });
  }

  #look(): void {
    const { control: words, register, cpu, rss, peak, flags } = this.#shared;
    const first = words[control.firstSite] ?? 0;
    const count = words[control.siteCount] ?? 0;
    const now = Atomics.load(register, 0);
    const site = now >= first && now < first + count ? now : 0;
    const cpuNow = this.#readCpu();
    const rssNow = this.#readRss();
    add(cpu, site, cpuNow - this.#lastCpu);
    // What was going on at both ends of the time between two looks has a half of it each.
    add(rss, site, (rssNow - this.#lastRss) / 2);
    add(rss, this.#lastSite, (rssNow - this.#lastRss) / 2);
    if (rssNow > (peak[site] ?? 0)) peak[site] = rssNow;
    note(this.#shared, site, readTime() - this.#began);
    this.#lastSite = site;
    this.#lastCpu = cpuNow;
    this.#lastRss = rssNow;
    flags.fill(1, first, first + count);
    Atomics.add(words, control.ticks, 1);
  }
}

/** A place that several looks fall into has the last of them. */
function note({ course, control: words }: Shared, site: number, elapsed: number): void {
  let step = words[control.step] ?? linesPace.shortest;
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

function openRss(buffer: Buffer): () => number {
  if (process.platform !== "linux") return () => process.memoryUsage.rss();
  const statm = openSync("/proc/self/statm", "r");
  // Pages are as large as what RSS is a multiple of; Node tells RSS in bytes.
  const pageSize = pageSizeOf(fieldOf(buffer, statm, 1), process.memoryUsage.rss());
  return () => fieldOf(buffer, statm, 1) * pageSize;
}

function pageSizeOf(pages: number, bytes: number): number {
  return 2 ** Math.round(Math.log2(bytes / pages));
}

/** CPU time of the main thread, which has the id of the process; where that cannot be read, time is all there is. */
function openCpu(buffer: Buffer): () => number {
  try {
    const schedstat = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
    if (Number.isFinite(fieldOf(buffer, schedstat, 0))) return () => fieldOf(buffer, schedstat, 0) / 1e6;
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    // Not Linux, or a system that keeps no statistics of its scheduler.
  }
  return () => performance.now();
}

function fieldOf(buffer: Buffer, descriptor: number, index: number): number {
  const text = buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, buffer.length, 0));
  return Number(text.split(" ")[index]);
}
