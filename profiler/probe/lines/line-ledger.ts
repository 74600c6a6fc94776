// To whom bytes belong. Some sites are read each time they run, and what a read shows is theirs; the others run unread
// until the next look, and what they took meanwhile is told apart by how often they ran and what they are
// known to take. It works in the middle of the cell: it keeps its state in arrays of numbers, because anything else
// would allocate.
import type { LineMeterOptions } from "../../lines/line-reading.js";
import { siteCapacity } from "./shared.js";

/** An allocation like this one is an event, not a habit. */
const bigEvent = 64 * 1024;
/** As is one like this, and by so much larger than what was seen before, as long as there are few of them. */
const smallEvent = 1024;
const eventFactor = 16;
/** One is forgotten in so many looks, and so many that are not make a habit. */
const eventLooks = 8;
const eventsOfHabit = 4;
/** So often it has to have been seen to know what is far more. */
const eventAfter = 4;
/** V8 takes the memory for objects that stay by the page. */
const page = 256 * 1024;
/** One that has shown nothing for long. */
const idleAfter = 128;
const idleBelow = 16;
/** So many reads in a row that show something are a habit. */
const established = 64;
/** Of `LineMeterOptions.variations`: what takes as much as it is given, and what now and then makes room for more. */
const varies = 1;
const addsToArray = 2;
const addsToTable = 3;
/**
 * Bytes for each element, when V8 makes room: an array half as long again, of 8 bytes each; a table twice as long, of 20
 * (a Set) or 28 (a Map), when it is half or all full. What is added to from the beginning is as long as the count of runs.
 */
const arrayLeap = 8;
const tableLeap = 18;
const largestLeap = 60;
const fitWeight = 8;

// Words of the sums over the sites that were not read.
const usualHeap = 0;
const usualExternal = 1;
const varyingHeap = 2;
const leapingRuns = 3;
const leapingWeight = 5;
const hiddenHeap = 4;
const sumsLength = 6;

// Words of what came lately, and of what should have come, beyond what reads show.
const cameBeyond = 0;
const hiddenBeyond = 1;
const flowsLength = 2;
const flowDecay = 0.75;
const owedDecay = 7 / 8;

/** Keeps what every site has been credited with. Site 0 is all that has none. */
export class LineLedger {
  readonly heap = new Float64Array(siteCapacity);
  readonly external = new Float64Array(siteCapacity);
  /** Of both together, what no other site can have taken. */
  readonly certain = new Float64Array(siteCapacity);
  private readonly counts: Uint32Array;
  /** What one run of a site takes, from what was seen of it lately: sums and how many they are of. */
  private readonly heapSeen = new Float64Array(siteCapacity);
  private readonly externalSeen = new Float64Array(siteCapacity);
  /** What the run that has not ended yet was seen to take. */
  private readonly heapOfPart = new Float64Array(siteCapacity);
  private readonly externalOfPart = new Float64Array(siteCapacity);
  private readonly timesSeen = new Float64Array(siteCapacity);
  /** In so many looks all of its events are forgotten. */
  private readonly eventIn = new Uint8Array(siteCapacity);
  /** So many reads since the last event. */
  private readonly quietFor = new Uint32Array(siteCapacity);
  /** What one run takes of the heap, and how many reads in a row have shown something. */
  private readonly shown = new Float64Array(siteCapacity);
  private readonly habit = new Uint8Array(siteCapacity);
  /** What a site has taken if it takes what was shown once, and what no read has shown. */
  private readonly owed = new Float64Array(siteCapacity);
  private readonly counterOf = new Int32Array(siteCapacity);
  private readonly variationOf = new Uint8Array(siteCapacity);
  /** Sites that are not read for now, and their counts when they were last accounted for. */
  private readonly unread = new Int32Array(siteCapacity);
  private readonly isUnread = new Uint8Array(siteCapacity);
  private readonly accounted = new Uint32Array(siteCapacity);
  private readonly sums = new Float64Array(sumsLength);
  private readonly flows = new Float64Array(flowsLength);
  private unreadCount = 0;
  private firstSite = 0;
  private endSite = 0;

  /** `counts` is by site, how often it has run. */
  constructor(counts: Uint32Array) {
    this.counts = counts;
  }

  /** Forgets what was. */
  prepare({
    firstSite,
    siteCount,
    counters,
    variations,
  }: Pick<LineMeterOptions, "firstSite" | "siteCount" | "counters" | "variations">): void {
    this.firstSite = firstSite;
    this.endSite = firstSite + siteCount;
    const seen = [
      this.heapSeen,
      this.externalSeen,
      this.timesSeen,
      this.quietFor,
      this.eventIn,
      this.shown,
      this.habit,
      this.owed,
    ];
    const parts = [this.heapOfPart, this.externalOfPart];
    for (const figures of [this.heap, this.external, this.certain, ...seen, ...parts, this.isUnread]) {
      figures.fill(0, firstSite, this.endSite);
      figures[0] = 0;
    }
    this.counterOf.set(counters, firstSite);
    this.variationOf.set(variations, firstSite);
    this.flows.fill(0);
    this.unreadCount = 0;
  }

  /**
   * So much was taken since the last read, and `site` has been read now, at its end or in its middle. What is not known is
   * what was to be expected, from which nothing can be learnt.
   */
  credit(site: number, heap: number, external: number, isWhole = true, isKnown = true): void {
    if (heap === 0 && isWhole && isKnown && site !== 0) this.owed[site] = at(this.owed, site) + at(this.shown, site);
    if (this.unreadCount === 0) {
      const left = heap >= bigEvent && this.comesByPages() ? this.payOwed(heap) : heap;
      this.give(site, left, external, isKnown && left === heap);
      if (isKnown) this.see(site, left, external, isWhole);
      return;
    }
    this.expect();
    const { sums } = this;
    const wasUnread = this.isUnread[site] === 1;
    const beyond = heap - at(sums, usualHeap) - (wasUnread ? 0 : this.meanHeap(site));
    if (isKnown) this.follow(beyond);
    const paid = beyond > 0 && this.comesByPages() ? beyond - this.payOwed(beyond) : 0;
    const leap = this.leapOf(site, wasUnread, beyond - paid);
    const rest = heap - paid - leap;
    if (leap > 0) this.weighLeap(leap);
    // What is left belongs to the site that was read, unless that one has been running unread itself.
    const heapShare = shareOf(rest, at(sums, usualHeap), wasUnread);
    const externalShare = shareOf(external, at(sums, usualExternal), wasUnread);
    for (let index = 0; index < this.unreadCount; index++) {
      const other = at(this.unread, index);
      const runs = this.runsOf(other);
      this.accounted[other] = at(this.counts, at(this.counterOf, other));
      if (runs === 0) continue;
      const ofLeap = leap > 0 ? (leap * this.leapWeight(other, runs, leap)) / at(sums, leapingWeight) : 0;
      this.give(
        other,
        this.meanHeap(other) * runs * heapShare + ofLeap,
        this.meanExternal(other) * runs * externalShare,
        false,
      );
    }
    const restHeap = Math.max(0, rest - at(sums, usualHeap) * heapShare);
    const restExternal = Math.max(0, external - at(sums, usualExternal) * externalShare);
    this.give(site, restHeap, restExternal, isKnown && at(sums, usualHeap) + at(sums, usualExternal) + paid === 0);
    if (isKnown && !wasUnread) this.see(site, restHeap, restExternal, isWhole);
  }

  /** How many sites run without being read. */
  get unreadSites(): number {
    return this.unreadCount;
  }

  /** What is to be expected of the heap when `site` is read, going by the counts. */
  expectedHeap(site: number): number {
    return this.expected(site, this.heapSeen);
  }

  /** The same of what is outside of it. */
  expectedExternal(site: number): number {
    return this.expected(site, this.externalSeen);
  }

  /** From now on `site` runs without being read. */
  putOff(site: number): void {
    if (this.isUnread[site] === 1) return;
    this.isUnread[site] = 1;
    this.unread[this.unreadCount] = site;
    this.unreadCount += 1;
    this.accounted[site] = at(this.counts, at(this.counterOf, site));
  }

  /** From now on every site is read again. */
  readAll(): void {
    for (let index = 0; index < this.unreadCount; index++) this.isUnread[at(this.unread, index)] = 0;
    this.unreadCount = 0;
    for (let site = this.firstSite; site < this.endSite; site++) this.owed[site] = at(this.owed, site) * owedDecay;
  }

  /** What was seen of a site long ago counts for less. */
  age(site: number): void {
    this.timesSeen[site] = at(this.timesSeen, site) / 2;
    this.heapSeen[site] = at(this.heapSeen, site) / 2;
    this.externalSeen[site] = at(this.externalSeen, site) / 2;
    this.eventIn[site] = Math.max(0, at(this.eventIn, site) - 1);
  }

  /** Whether reading a site has shown nothing for long. */
  isIdle(site: number): boolean {
    return at(this.quietFor, site) > idleAfter && this.meanHeap(site) + this.meanExternal(site) < idleBelow;
  }

  /** What the sites that were not read can have taken, going by their counts. */
  private expect(): void {
    const { sums } = this;
    sums.fill(0);
    for (let index = 0; index < this.unreadCount; index++) {
      const site = at(this.unread, index);
      const runs = this.runsOf(site);
      const variation = at(this.variationOf, site);
      const mean = this.meanHeap(site);
      const hidden = Math.max(0, at(this.shown, site) - mean) * runs;
      this.owed[site] = at(this.owed, site) + hidden;
      sums[usualHeap] = at(sums, usualHeap) + mean * runs;
      sums[usualExternal] = at(sums, usualExternal) + this.meanExternal(site) * runs;
      sums[hiddenHeap] = at(sums, hiddenHeap) + hidden;
      if (variation === varies) sums[varyingHeap] = at(sums, varyingHeap) + mean * runs;
      if (variation >= addsToArray) sums[leapingRuns] = at(sums, leapingRuns) + runs;
    }
  }

  private expected(site: number, seen: Float64Array): number {
    let sum = this.isUnread[site] === 1 ? 0 : this.meanOf(site, seen);
    for (let index = 0; index < this.unreadCount; index++) {
      const other = at(this.unread, index);
      sum += this.meanOf(other, seen) * this.runsOf(other);
    }
    return sum;
  }

  private follow(beyond: number): void {
    const { flows, sums } = this;
    if (at(sums, usualHeap) + at(sums, hiddenHeap) + beyond < bigEvent) return;
    flows[cameBeyond] = Math.max(0, at(flows, cameBeyond) + beyond) * flowDecay;
    flows[hiddenBeyond] = (at(flows, hiddenBeyond) + at(sums, hiddenHeap)) * flowDecay;
  }

  /**
   * Objects of which V8 has learnt that they stay go where memory is taken by the page: reads show nothing, and now and
   * then a page. Objects that it has learnt to do without show nothing either, but then nothing comes.
   */
  private comesByPages(): boolean {
    const hidden = at(this.flows, hiddenBeyond);
    return hidden > bigEvent && at(this.flows, cameBeyond) > hidden / 2;
  }

  /** Pays sites what they are owed, and returns what is left; what is left of a page is paid in advance. */
  private payOwed(bytes: number): number {
    let total = 0;
    for (let site = this.firstSite; site < this.endSite; site++) total += at(this.owed, site);
    if (total === 0) return bytes;
    const paid = bytes - total < page + bigEvent ? bytes : total;
    for (let site = this.firstSite; site < this.endSite; site++) {
      const owed = at(this.owed, site);
      if (owed === 0) continue;
      this.give(site, (paid * owed) / total, 0, false);
      this.owed[site] = Math.max(0, owed - (paid * owed) / total);
    }
    return bytes - paid;
  }

  /** Far more than expected is a collection that has made room, if there is one and nothing else explains it. */
  private leapOf(site: number, wasUnread: boolean, beyond: number): number {
    const isExplained = !wasUnread && (site === 0 || at(this.variationOf, site) > 0);
    const isLeap = beyond - at(this.sums, varyingHeap) / 2 > bigEvent && at(this.sums, leapingRuns) > 0;
    return isLeap && !isExplained ? beyond : 0;
  }

  private weighLeap(leap: number): void {
    const { sums } = this;
    for (let index = 0; index < this.unreadCount; index++) {
      const site = at(this.unread, index);
      sums[leapingWeight] = at(sums, leapingWeight) + this.leapWeight(site, this.runsOf(site), leap);
    }
  }

  /** How likely it is that a site that ran so often has made room for so much. */
  private leapWeight(site: number, runs: number, leap: number): number {
    const variation = at(this.variationOf, site);
    if (variation < addsToArray) return 0;
    const each = leap / at(this.counts, at(this.counterOf, site));
    const fits =
      variation === addsToTable ? each >= tableLeap && each < largestLeap : each >= arrayLeap && each < tableLeap;
    return fits ? runs * fitWeight : runs;
  }

  private give(site: number, heap: number, external: number, certain: boolean): void {
    this.heap[site] = at(this.heap, site) + heap;
    this.external[site] = at(this.external, site) + external;
    if (certain) this.certain[site] = at(this.certain, site) + heap + external;
  }

  private see(site: number, heap: number, external: number, isWhole: boolean): void {
    if (site === 0) return;
    if (!isWhole) {
      this.heapOfPart[site] = at(this.heapOfPart, site) + heap;
      this.externalOfPart[site] = at(this.externalOfPart, site) + external;
      return;
    }
    const wholeHeap = heap + at(this.heapOfPart, site);
    const wholeExternal = external + at(this.externalOfPart, site);
    this.heapOfPart[site] = 0;
    this.externalOfPart[site] = 0;
    this.observe(site, wholeHeap, wholeExternal);
  }

  private observe(site: number, heap: number, external: number): void {
    const seen = at(this.timesSeen, site);
    const isEvent = this.isEvent(site, heap + external);
    this.quietFor[site] = isEvent ? 0 : at(this.quietFor, site) + 1;
    if (isEvent) return;
    this.learn(site, heap);
    this.timesSeen[site] = seen + 1;
    this.heapSeen[site] = at(this.heapSeen, site) + heap;
    this.externalSeen[site] = at(this.externalSeen, site) + external;
  }

  /**
   * An array that grows, a table that is built anew, what V8 needs for code that it compiles: not what the next run will take.
   */
  private isEvent(site: number, bytes: number): boolean {
    const mean = this.meanHeap(site) + this.meanExternal(site);
    const isUnknown = at(this.timesSeen, site) < eventAfter;
    if (bytes >= bigEvent && !isUnknown) return mean < bigEvent / eventFactor;
    if (bytes < smallEvent || mean * eventFactor > bytes) return false;
    const events = at(this.eventIn, site) / eventLooks + 1;
    this.eventIn[site] = Math.min(eventsOfHabit, events) * eventLooks;
    return events < eventsOfHabit;
  }

  /** What a run shows. When one that has shown something each time shows nothing any more, it takes as much as before. */
  private learn(site: number, heap: number): void {
    const habit = at(this.habit, site);
    const shown = at(this.shown, site);
    // Part of a page is no habit either.
    if (heap >= bigEvent || (habit === established && (heap === 0 || heap > 8 * shown))) return;
    this.habit[site] = heap === 0 ? 0 : Math.min(established, habit + 1);
    this.shown[site] = shown + (heap - shown) / 8;
  }

  private runsOf(site: number): number {
    return (at(this.counts, at(this.counterOf, site)) - at(this.accounted, site)) >>> 0;
  }

  private meanHeap(site: number): number {
    return this.meanOf(site, this.heapSeen);
  }

  private meanExternal(site: number): number {
    return this.meanOf(site, this.externalSeen);
  }

  private meanOf(site: number, seen: Float64Array): number {
    const times = at(this.timesSeen, site);
    return times === 0 ? 0 : at(seen, site) / times;
  }
}

/** How much of what was expected there was: all of it at most, unless those that were expected are the only ones. */
function shareOf(total: number, expected: number, isAll: boolean): number {
  if (expected === 0) return 0;
  return isAll ? total / expected : Math.min(1, total / expected);
}

function at(figures: Float64Array | Int32Array | Uint32Array | Uint8Array, index: number): number {
  return figures[index] ?? 0;
}
