// What probed code talks to. It runs in the middle of the cell, hundreds of times in a millisecond: it keeps its
// state in arrays of numbers, because anything else would allocate and be found in the next statement.
import { GCProfiler, getHeapStatistics } from "node:v8";
import type { LineMeterOptions, LineReading } from "../../lines/line-reading.js";
import { control, createShared, type Shared, siteCapacity } from "./shared.js";

/** So often a site that allocates is read in one millisecond; then its counts and what was seen of it have to do. */
const readsPerTick = 64;
/** One that has shown nothing for long is looked at now and then. */
const idleReadsPerTick = 1;
const idleAfter = 128;
const idleBelow = 16;
/** An allocation like this one is an event, not a habit. */
const bigEvent = 64 * 1024;
/** So much more or less than at the last read, and V8 may have collected meanwhile. */
const collectedAbove = 64 * 1024;
const selfCostEvery = 64;
/** So many reads of a site in a millisecond can have been of statements that make large buffers. */
const settledReads = 16;

// Words of the state.
const lastHeap = 0;
const lastExternal = 1;
const selfCost = 2;
const elsewhereHeap = 3;
const elsewhereExternal = 4;
const stateLength = 5;

/** V8 keeps typed arrays of up to 64 bytes in its heap. */
const settlerLength = 72;
const settlerList = new Array<number>(settlerLength).fill(0);

/** Measures sites between `begin` and `end`. One for a process: probed code holds on to its arrays. */
export class LineMeter {
  readonly shared: Shared = createShared();
  readonly counts = new Uint32Array(siteCapacity);
  private readonly state = new Float64Array(stateLength);
  private readonly heap = new Float64Array(siteCapacity);
  private readonly external = new Float64Array(siteCapacity);
  private readonly certain = new Float64Array(siteCapacity);
  /** What one run of a site allocates, from what was seen of it lately: a sum and how many it is of. */
  private readonly heapSeen = new Float64Array(siteCapacity);
  private readonly externalSeen = new Float64Array(siteCapacity);
  private readonly timesSeen = new Float64Array(siteCapacity);
  private readonly observations = new Uint32Array(siteCapacity);
  private readonly tickOf = new Int32Array(siteCapacity);
  private readonly readsInTick = new Uint16Array(siteCapacity);
  private readonly counterOf = new Int32Array(siteCapacity);
  /** Sites that are not read until the next tick, and their counts at the last read. */
  private readonly unread = new Int32Array(siteCapacity);
  private readonly isUnread = new Uint8Array(siteCapacity);
  private readonly countAtRead = new Uint32Array(siteCapacity);
  private readonly ints = new Int32Array(4);
  private collector = new GCProfiler();
  private readonly settled: Uint8Array[] = [];
  private firstSite = 0;
  private siteCount = 0;

  /** Forgets what was. */
  prepare({ firstSite, siteCount, counters }: LineMeterOptions): void {
    this.firstSite = firstSite;
    this.siteCount = siteCount;
    const { shared } = this;
    const end = firstSite + siteCount;
    const perSite = [this.counts, this.heap, this.external, this.certain, this.heapSeen, this.externalSeen];
    for (const figures of [...perSite, this.timesSeen, this.observations, this.isUnread])
      figures.fill(0, firstSite, end);
    for (const figures of [shared.cpu, shared.rss, shared.peak]) {
      figures.fill(0, firstSite, end);
      figures[0] = 0;
    }
    this.tickOf.fill(-1, firstSite, end);
    this.counterOf.set(counters, firstSite);
    shared.flags.fill(1, firstSite, end);
    shared.control[control.firstSite] = firstSite;
    shared.control[control.siteCount] = siteCount;
    Atomics.store(shared.control, control.ticks, 0);
    this.ints.fill(0);
    this.state.fill(0);
    this.warmUp();
  }

  /** Measures from now on. */
  begin(): void {
    const { shared } = this;
    shared.register[0] = 0;
    this.collector = new GCProfiler();
    this.collector.start();
    this.settle();
    this.mark();
    Atomics.store(shared.control, control.running, 1);
    Atomics.notify(shared.control, control.running);
  }

  /** Ends the measurement; what is asked for later by `takeReading` is as of now. */
  end(): void {
    this.read(this.shared.register[0] ?? 0);
    Atomics.store(this.shared.control, control.running, 0);
    Atomics.notify(this.shared.control, control.running);
    this.shared.flags.fill(0, this.firstSite, this.firstSite + this.siteCount);
    this.collector.stop();
  }

  takeReading(notes: readonly string[]): LineReading {
    const { shared, firstSite, siteCount, state } = this;
    const of = (figures: Float64Array) => figures.slice(firstSite, firstSite + siteCount);
    return {
      counts: Float64Array.from(
        { length: siteCount },
        (_, index) => this.counts[this.counterOf[firstSite + index] ?? 0] ?? 0,
      ),
      heap: of(this.heap),
      external: of(this.external),
      certain: of(this.certain),
      cpu: of(shared.cpu),
      rss: of(shared.rss),
      peak: of(shared.peak),
      elsewhere: {
        heap: state[elsewhereHeap] ?? 0,
        external: state[elsewhereExternal] ?? 0,
        cpu: shared.cpu[0] ?? 0,
        rss: shared.rss[0] ?? 0,
        peak: shared.peak[0] ?? 0,
      },
      sampleCount: Atomics.load(shared.control, control.ticks),
      course: {
        began: shared.began[0] ?? 0,
        step: shared.control[control.step] ?? 1,
        sites: shared.course.slice(0, shared.control[control.taken]),
      },
      firstSite,
      notes,
    };
  }

  /** `$csS`: what was allocated since the last read belongs to `site`, less what sites that were not read have had. */
  readonly read = (site: number): void => {
    const { state, ints } = this;
    const statistics = getHeapStatistics();
    const tick = Atomics.load(this.shared.control, control.ticks);
    let heap = statistics.used_heap_size - at(state, lastHeap);
    let external = statistics.external_memory - at(state, lastExternal);
    // A collection in between hides what it has freed; asking for it takes some 20 microseconds.
    if (heap < 0 || external < 0 || heap > collectedAbove || external > collectedAbove || tick !== at(ints, 0)) {
      const path = this.takeCollected(statistics.used_heap_size, statistics.external_memory);
      heap = path.heap;
      external = path.external;
    }
    heap = Math.max(0, heap - at(state, selfCost));
    const index = site >= this.firstSite && site < this.firstSite + this.siteCount ? site : 0;
    this.credit(index, heap, external);
    if (index !== 0) this.spend(index, tick);
    if (at(this.readsInTick, index) <= settledReads) this.settle();
    ints[1] = at(ints, 1) + 1;
    ints[0] = tick;
    this.mark();
  };

  /** `$csV`: `site` goes on, with a value that it has waited for. */
  readonly resume = <T>(site: number, value: T): T => {
    this.shared.register[0] = site;
    if (this.shared.flags[site]) this.read(site);
    return value;
  };

  /** `$csY`: `site` has a value to hand on, and `next` goes on. */
  readonly leave = <T>(site: number, next: number, value: T): T => {
    if (this.shared.flags[site]) this.read(site);
    this.shared.register[0] = next;
    return value;
  };

  /**
   * V8 takes what it has freed outside of its heap off its account when the next buffer is made. It is made here,
   * because there it would hide what the next statement allocates. One made from a list, because the watch of stacks is
   * told of those made by their length.
   */
  private settle(): void {
    this.settled[0] = new Uint8Array(settlerList);
  }

  /** The next span begins here; now and then it is seen what a read costs itself. */
  private mark(): void {
    const { state } = this;
    const statistics = getHeapStatistics();
    if (at(this.ints, 1) % selfCostEvery === 0) {
      const again = getHeapStatistics();
      const cost = again.used_heap_size - statistics.used_heap_size;
      if (cost >= 0 && cost < 4096) state[selfCost] = cost;
      state[lastHeap] = again.used_heap_size;
      state[lastExternal] = again.external_memory;
      return;
    }
    state[lastHeap] = statistics.used_heap_size;
    state[lastExternal] = statistics.external_memory;
  }

  private credit(site: number, heap: number, external: number): void {
    const count = at(this.ints, 2);
    if (count === 0) {
      this.give(site, heap, external, true);
      if (site !== 0) this.observe(site, heap, external);
      return;
    }
    let othersHeap = 0;
    let othersExternal = 0;
    let ownHeap = 0;
    let ownExternal = 0;
    let wasUnread = false;
    for (let index = 0; index < count; index++) {
      const other = at(this.unread, index);
      const runs = (at(this.counts, at(this.counterOf, other)) - at(this.countAtRead, other)) >>> 0;
      if (other === site) {
        wasUnread = true;
        ownHeap = this.meanHeap(other) * runs;
        ownExternal = this.meanExternal(other) * runs;
      } else {
        othersHeap += this.meanHeap(other) * runs;
        othersExternal += this.meanExternal(other) * runs;
      }
    }
    // What is left belongs to the site that was read, unless that one has been running unread itself.
    const heapShare = wasUnread ? shareOf(heap, othersHeap, ownHeap) : Math.min(1, heap / (othersHeap || 1));
    const externalShare = wasUnread
      ? shareOf(external, othersExternal, ownExternal)
      : Math.min(1, external / (othersExternal || 1));
    for (let index = 0; index < count; index++) {
      const other = at(this.unread, index);
      const counted = at(this.counts, at(this.counterOf, other));
      const runs = (counted - at(this.countAtRead, other)) >>> 0;
      this.countAtRead[other] = counted;
      if (other === site || runs === 0) continue;
      this.give(other, this.meanHeap(other) * runs * heapShare, this.meanExternal(other) * runs * externalShare, false);
    }
    const restHeap = Math.max(0, heap - othersHeap * heapShare);
    const restExternal = Math.max(0, external - othersExternal * externalShare);
    this.give(site, restHeap, restExternal, othersHeap + othersExternal === 0);
    if (!wasUnread && site !== 0) this.observe(site, restHeap, restExternal);
  }

  private give(site: number, heap: number, external: number, certain: boolean): void {
    if (site === 0) {
      this.state[elsewhereHeap] = at(this.state, elsewhereHeap) + heap;
      this.state[elsewhereExternal] = at(this.state, elsewhereExternal) + external;
      return;
    }
    this.heap[site] = at(this.heap, site) + heap;
    this.external[site] = at(this.external, site) + external;
    if (certain) this.certain[site] = at(this.certain, site) + heap + external;
  }

  private observe(site: number, heap: number, external: number): void {
    this.observations[site] = at(this.observations, site) + 1;
    const seen = at(this.timesSeen, site);
    // An array that grows, a table that is built anew: not what the next run will allocate.
    if (heap + external >= bigEvent && seen >= 4 && this.meanHeap(site) + this.meanExternal(site) < bigEvent / 16)
      return;
    this.timesSeen[site] = seen + 1;
    this.heapSeen[site] = at(this.heapSeen, site) + heap;
    this.externalSeen[site] = at(this.externalSeen, site) + external;
  }

  /** Counts a read of the site; when it has had its share of this tick, it is not read until the next. */
  private spend(site: number, tick: number): void {
    if (at(this.tickOf, site) !== tick) {
      this.tickOf[site] = tick;
      this.readsInTick[site] = 0;
      // What was seen long ago counts for less.
      this.timesSeen[site] = at(this.timesSeen, site) / 2;
      this.heapSeen[site] = at(this.heapSeen, site) / 2;
      this.externalSeen[site] = at(this.externalSeen, site) / 2;
      // Every flag is set again: nothing is unread from here on.
      if (at(this.ints, 3) !== tick) {
        this.ints[3] = tick;
        this.ints[2] = 0;
        this.isUnread.fill(0, this.firstSite, this.firstSite + this.siteCount);
      }
    }
    const reads = at(this.readsInTick, site) + 1;
    this.readsInTick[site] = reads;
    const isIdle = at(this.observations, site) > idleAfter && this.meanHeap(site) + this.meanExternal(site) < idleBelow;
    if (reads < (isIdle ? idleReadsPerTick : readsPerTick)) return;
    this.shared.flags[site] = 0;
    if (this.isUnread[site] === 1) return;
    this.isUnread[site] = 1;
    const count = at(this.ints, 2);
    this.unread[count] = site;
    this.ints[2] = count + 1;
    this.countAtRead[site] = at(this.counts, at(this.counterOf, site));
  }

  private meanHeap(site: number): number {
    const seen = at(this.timesSeen, site);
    return seen === 0 ? 0 : at(this.heapSeen, site) / seen;
  }

  private meanExternal(site: number): number {
    const seen = at(this.timesSeen, site);
    return seen === 0 ? 0 : at(this.externalSeen, site) / seen;
  }

  /**
   * What was allocated since the last read, on the way from one collection to the next. External memory is freed some
   * time after a collection, which is why its way counts only where it goes up.
   */
  private takeCollected(heapNow: number, externalNow: number): { readonly heap: number; readonly external: number } {
    let lastUsed = at(this.state, lastHeap);
    let lastOutside = at(this.state, lastExternal);
    let heap = 0;
    let external = 0;
    for (const { beforeGC, afterGC } of this.collector.stop().statistics) {
      heap += Math.max(0, beforeGC.heapStatistics.usedHeapSize - lastUsed);
      external += Math.max(0, beforeGC.heapStatistics.externalMemory - lastOutside);
      lastUsed = afterGC.heapStatistics.usedHeapSize;
      lastOutside = afterGC.heapStatistics.externalMemory;
    }
    this.collector = new GCProfiler();
    this.collector.start();
    return {
      heap: heap + Math.max(0, heapNow - lastUsed),
      external: external + Math.max(0, externalNow - lastOutside),
    };
  }

  /** What runs for the first time compiles, and what it allocates then is not the cell's. */
  private warmUp(): void {
    this.collector = new GCProfiler();
    this.collector.start();
    this.mark();
    for (let round = 0; round < 300; round++) this.read(0);
    this.takeCollected(0, 0);
    this.collector.stop();
    this.state[elsewhereHeap] = 0;
    this.state[elsewhereExternal] = 0;
    this.ints.fill(0);
  }
}

/** How much of what was expected there was; all in proportion, since nobody was read. */
function shareOf(total: number, others: number, own: number): number {
  return others + own === 0 ? 0 : total / (others + own);
}

function at(figures: Float64Array | Int32Array | Uint32Array | Uint16Array, index: number): number {
  return figures[index] ?? 0;
}
