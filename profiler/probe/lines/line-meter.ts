// What probed code talks to. It runs in the middle of the cell, hundreds of times in a millisecond: it keeps its
// state in arrays of numbers, because anything else would allocate and be found in the next statement.
import { getHeapStatistics } from "node:v8";
import type { LineMeterOptions, LineReading } from "../../lines/line-reading.js";
import { announced, announcedWord } from "../self/announced.js";
import { CollectionWatch } from "./collection-watch.js";
import { LineLedger } from "./line-ledger.js";
import { control, createShared, type Shared, siteCapacity } from "./shared.js";

/** So often a site that allocates is read from one look to the next; then its counts and what was seen of it have to do. */
const readsPerTick = 64;
/** One that has shown nothing for long is looked at now and then. */
const idleReadsPerTick = 1;
/** So much more or less than at the last read, and V8 may have collected meanwhile. */
const collectedAbove = 64 * 1024;
const selfCostEvery = 64;
/** So many reads of a site since a look can have been of statements that make large buffers. */
const settledReads = 16;
/** So many runs of a tight loop are a stretch at most; one less than a power of two. */
const longestStretch = 1023;
/** Rounds and milliseconds of reading for nothing, at least and at most. */
const warmUpRounds = 600;
const warmUpLimit = 30_000;
const warmUpTime = 40;

// Words of the state.
const lastHeap = 0;
const lastExternal = 1;
const selfCost = 2;
const heapBeforeMark = 3;
const externalBeforeMark = 4;
const lastAnnounced = 5;
const lastCalls = 6;
const heapOfRead = 7;
const stateLength = 8;

// Words of the whole numbers.
const lastTick = 0;
const readCount = 1;
const learning = 2;
const allSetIn = 3;
const intsLength = 4;

/** V8 keeps typed arrays of up to 64 bytes in its heap. */
const settlerLength = 72;
const settlerList = new Array<number>(settlerLength).fill(0);

/** Measures sites between `begin` and `end`. One for a process: probed code holds on to its arrays. */
export class LineMeter {
  readonly shared: Shared = createShared();
  readonly counts = new Uint32Array(siteCapacity);
  readonly left = new Int32Array(siteCapacity);
  private readonly state = new Float64Array(stateLength);
  private readonly ledger = new LineLedger(this.counts);
  private readonly tickOf = new Int32Array(siteCapacity);
  private readonly readsInTick = new Uint16Array(siteCapacity);
  private readonly counterOf = new Int32Array(siteCapacity);
  private readonly stretchOf = new Int32Array(siteCapacity);
  private readonly ints = new Int32Array(intsLength);
  private readonly collections = new CollectionWatch();
  private readonly settled: Uint8Array[] = [];
  private firstSite = 0;
  private siteCount = 0;

  /** Forgets what was. */
  prepare(options: LineMeterOptions): void {
    const { firstSite, siteCount, counters } = options;
    this.firstSite = firstSite;
    this.siteCount = siteCount;
    const { shared, ledger } = this;
    const end = firstSite + siteCount;
    this.warmUp(options);
    for (const figures of [this.counts, this.left, this.stretchOf]) figures.fill(0, firstSite, end);
    ledger.prepare(options);
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
  }

  /** Measures from now on. */
  begin(): void {
    const { shared } = this;
    shared.register[0] = 0;
    this.collections.begin(getHeapStatistics().used_heap_size);
    this.settle();
    this.state[heapOfRead] = 0;
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
    this.collections.stop();
  }

  takeReading(notes: readonly string[]): LineReading {
    const { shared, ledger, firstSite, siteCount } = this;
    const of = (figures: Float64Array) => figures.slice(firstSite, firstSite + siteCount);
    return {
      counts: Float64Array.from(
        { length: siteCount },
        (_, index) => this.counts[this.counterOf[firstSite + index] ?? 0] ?? 0,
      ),
      heap: of(ledger.heap),
      external: of(ledger.external),
      certain: of(ledger.certain),
      cpu: of(shared.cpu),
      rss: of(shared.rss),
      peak: of(shared.peak),
      elsewhere: {
        heap: ledger.heap[0] ?? 0,
        external: ledger.external[0] ?? 0,
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
    this.take(site, true);
  };

  /**
   * `$csL`: a tight loop has come to the end of a stretch, in which `site` is the only one that is read. Returns how many runs
   * the next stretch has: twice as many, unless it was to be read.
   */
  readonly lapse = (site: number): number => {
    const ran = at(this.stretchOf, site);
    const isRead = this.shared.flags[site] !== 0;
    const next = isRead ? 1 : (2 * ran + 1) & longestStretch;
    this.stretchOf[site] = next;
    this.left[site] = next;
    if (isRead && ran > 0) this.take(site, true);
    return next;
  };

  /** `$csE`: `site` has called a function, which begins. */
  readonly enter = (site: number): void => {
    this.take(site, false);
  };

  /** `$csD`: `site` ends with a value by which it decides how it goes on. */
  readonly decide = <T>(site: number, value: T): T => {
    this.shared.register[0] = site;
    if (this.shared.flags[site]) this.take(site, true);
    return value;
  };

  /** `$csY`: `site` ends with a value, and `next` goes on. */
  readonly leave = <T>(site: number, next: number, value: T): T => {
    if (this.shared.flags[site]) this.take(site, true);
    this.shared.register[0] = next;
    return value;
  };

  /** `$csW`: `site` waits in its middle with a value that it hands on, and `next` goes on. */
  readonly suspend = <T>(site: number, next: number, value: T): T => {
    if (this.shared.flags[site]) this.take(site, false);
    this.shared.register[0] = next;
    return value;
  };

  /** `$csV`: `site` goes on in its middle, with a value that it has waited for. */
  readonly resume = <T>(site: number, value: T): T => {
    this.shared.register[0] = site;
    if (this.shared.flags[site]) this.take(site, false);
    return value;
  };

  private take(site: number, isWhole: boolean): void {
    const { state, ints } = this;
    const statistics = getHeapStatistics();
    // V8 has collected while the last read was at it, of which this one must not hear.
    if (at(state, lastHeap) < at(state, heapOfRead)) this.collections.restart();
    const tick = Atomics.load(this.shared.control, control.ticks);
    const index = site >= this.firstSite && site < this.firstSite + this.siteCount ? site : 0;
    let heap = statistics.used_heap_size - at(state, lastHeap);
    let external = statistics.external_memory - at(state, lastExternal);
    let isKnown = true;
    let hasCollected = false;
    const isFirst = tick !== at(ints, lastTick);
    const isAlone = isFirst && this.ledger.unreadSites === 0;
    // A collection in between hides what it has freed; asking for it takes some 20 microseconds.
    if (heap < 0 || external < 0 || heap > collectedAbove || external > collectedAbove || isFirst) {
      const last = { heapUsed: at(state, lastHeap), external: at(state, lastExternal) };
      const now = { heapUsed: statistics.used_heap_size, external: statistics.external_memory };
      const taken = this.collections.take(last, now, { tick, isSpan: isFirst && !isAlone });
      if (taken === undefined) {
        const expected = this.ledger.expectedHeap(index);
        isKnown = this.collections.believes(heap, expected);
        if (!isKnown) heap = expected;
        external = Math.max(external, this.ledger.expectedExternal(index));
      } else {
        heap = taken.heap;
        external = taken.external;
        hasCollected = taken.hasCollected;
      }
    }
    external = this.withFreed(external);
    if (ints[learning] === 1) this.learnSelfCost();
    if (isKnown) heap -= at(state, selfCost);
    // Less than a read takes by itself: since that was last seen, V8 has made it cheaper.
    ints[learning] = heap < 0 || at(ints, readCount) % selfCostEvery === 0 ? 1 : 0;
    this.ledger.credit(index, Math.max(0, heap), external, isWhole, isKnown);
    if (!this.collections.isOn) {
      const isNew = index !== 0 && at(this.tickOf, index) === -1;
      this.collections.resume(tick, { isNew, isAlone });
    }
    if (index !== 0) this.spend(index, tick);
    if (at(this.readsInTick, index) <= settledReads) this.settle();
    ints[readCount] = at(ints, readCount) + 1;
    ints[lastTick] = tick;
    state[heapOfRead] = hasCollected ? 0 : statistics.used_heap_size;
    this.mark();
  }

  /**
   * A buffer that was freed on another thread while the statement made one hides it: the breaks on allocators know. A call that
   * has failed is told by what it hides, which is more than there was to be freed.
   */
  private withFreed(external: number): number {
    const bytes = at(announced, announcedWord.bytes) - at(this.state, lastAnnounced);
    if (bytes <= external) return external;
    const calls = at(announced, announcedWord.calls) - at(this.state, lastCalls);
    return calls > 1 || bytes - external <= at(this.state, lastExternal) ? bytes : external;
  }

  /**
   * V8 takes what it has freed outside of its heap off its account when the next buffer is made. It is made here,
   * because there it would hide what the next statement allocates. One made from a list, because the watch of stacks is
   * told of those made by their length.
   */
  private settle(): void {
    this.settled[0] = new Uint8Array(settlerList);
  }

  /**
   * The next span begins here; now and then it is seen what a read costs itself. After the last note nothing may be done:
   * where V8 has not compiled this well, each number that is looked at takes 16 bytes, which the next statement would have.
   */
  private mark(): void {
    this.state[lastAnnounced] = at(announced, announcedWord.bytes);
    this.state[lastCalls] = at(announced, announcedWord.calls);
    if (this.ints[learning] === 1) this.note(heapBeforeMark, externalBeforeMark);
    this.note(lastHeap, lastExternal);
  }

  /** All that a mark does: what it takes itself is what two of them differ by. */
  private note(heapWord: number, externalWord: number): void {
    const statistics = getHeapStatistics();
    this.state[heapWord] = statistics.used_heap_size;
    this.state[externalWord] = statistics.external_memory;
  }

  private learnSelfCost(): void {
    const cost = at(this.state, lastHeap) - at(this.state, heapBeforeMark);
    if (cost >= 0 && cost < 4096) this.state[selfCost] = cost;
  }

  /** Counts a read of the site; when it has had its share of this tick, it is not read until the next. */
  private spend(site: number, tick: number): void {
    const { ledger, ints } = this;
    if (at(this.tickOf, site) !== tick) {
      this.tickOf[site] = tick;
      this.readsInTick[site] = 0;
      ledger.age(site);
      // Every flag is set again: nothing is unread from here on.
      if (at(ints, allSetIn) !== tick) {
        ints[allSetIn] = tick;
        ledger.readAll();
      }
    }
    const reads = at(this.readsInTick, site) + 1;
    this.readsInTick[site] = reads;
    if (reads < (ledger.isIdle(site) ? idleReadsPerTick : readsPerTick)) return;
    this.shared.flags[site] = 0;
    ledger.putOff(site);
  }

  /**
   * What runs for the first time compiles, and what it allocates then is not the cell's. Run hot, V8 compiles it well,
   * and a read allocates nothing.
   */
  private warmUp(options: LineMeterOptions): void {
    const { shared, ledger, firstSite, siteCount } = this;
    this.collections.begin(Number.NEGATIVE_INFINITY);
    ledger.prepare(options);
    this.mark();
    const until = performance.now() + warmUpTime;
    for (let round = 0; round < warmUpLimit && performance.now() < until; round++) {
      if (round % 256 === 0) Atomics.add(shared.control, control.ticks, 1);
      const site = siteCount === 0 ? 0 : firstSite + (round % Math.min(4, siteCount));
      this.counts[site] = round;
      this.take(round % 16 === 0 ? 0 : site, round % 3 > 0);
      if (round > warmUpRounds && at(this.state, selfCost) === 0) break;
    }
    this.collections.stop();
  }
}

function at(figures: Float64Array | Int32Array | Uint16Array, index: number): number {
  return figures[index] ?? 0;
}
