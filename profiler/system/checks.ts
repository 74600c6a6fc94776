// The sixty-second checklist: two moments of the machine, put through the USE method.
import type { Measured } from "../measured.js";
import { type Check, type CheckName, judge } from "./check-list.js";
import type { GroupPressure, SystemCounters } from "./counters.js";
import type { DiskSpace } from "./disk-space.js";
import { type Allowance, shareTaken } from "./limit.js";
import type { DiskCounters, InterfaceCounters, Load, MachineActivity } from "./parse-counters.js";
import type { RuntimeReading } from "./runtime.js";
import { mapMeasured } from "./system.js";

/** Two moments, and what belongs to neither of them. */
export interface CheckedTime {
  readonly before: SystemCounters;
  readonly after: SystemCounters;
  /** Milliseconds between the two. */
  readonly elapsed: number;
  readonly memory: Allowance;
  readonly cpu: Allowance;
  readonly disks: readonly DiskSpace[];
  readonly runtime: Measured<RuntimeReading>;
  /** Bytes per second that an interface can carry each way, by its name. */
  readonly lineRates: ReadonlyMap<string, number>;
}

/** Makes every check; pure. */
export function checkAll(time: CheckedTime): readonly Check[] {
  return [...checkCpu(time), ...checkMemory(time), ...checkDisks(time), ...checkNetwork(time), ...checkRuntime(time)];
}

function checkCpu({ before, after, elapsed, cpu }: CheckedTime): readonly Check[] {
  const cpus = cpu.machine.value;
  const activity = both(before.activity, after.activity);
  return [
    judge("CPU in use", shareOf(cpu)),
    judge(
      "load per CPU",
      map(after.load, ({ one }: Load) => one / cpus),
    ),
    // The reading itself runs at that moment, and is none of the load.
    judge(
      "run queue per CPU",
      map(after.activity, ({ running }: MachineActivity) => Math.max(0, running - 1) / cpus),
    ),
    waiting("waiting for CPU", before.pressure.cpu, after.pressure.cpu, elapsed),
    judge(
      "throttled",
      mapMeasured(both(before.throttling, after.throttling), ([first, last]) => ({
        value: ratio(last.throttled - first.throttled, last.periods - first.periods),
      })),
    ),
    judge(
      "stolen",
      map(activity, ([first, last]) => ratio(last.times.steal - first.times.steal, last.times.all - first.times.all)),
    ),
  ];
}

function checkMemory({ before, after, elapsed, memory }: CheckedTime): readonly Check[] {
  const paging = both(before.paging, after.paging);
  const events = both(before.memoryEvents, after.memoryEvents);
  const perSecond = (count: number) => ratio(count * 1000, elapsed);
  return [
    judge("memory in use", shareOf(memory)),
    waiting("waiting for memory", before.pressure.memory, after.pressure.memory, elapsed),
    judge(
      "swap traffic",
      map(paging, ([first, last]) => perSecond(last.swappedIn - first.swappedIn + last.swappedOut - first.swappedOut)),
    ),
    judge(
      "major faults",
      map(paging, ([first, last]) => perSecond(last.majorFaults - first.majorFaults)),
    ),
    judge(
      "limit hits",
      map(events, ([first, last]) => perSecond(last.limitHits - first.limitHits)),
    ),
    judge(
      "killed for memory",
      map(after.memoryEvents, ({ oomKills }) => oomKills),
      "value" in after.memoryEvents ? `in ${after.memoryEvents.value.where}, since it was started` : undefined,
    ),
  ];
}

interface BusyDisk {
  readonly name: string;
  readonly busy: number;
  readonly perRequest: number;
}

function checkDisks({ before, after, elapsed, disks }: CheckedTime): readonly Check[] {
  const busiest = map(both(before.disks, after.disks), ([first, last]): BusyDisk => busiestOf(first, last, elapsed));
  const name = "value" in busiest ? busiest.value.name : undefined;
  const [fullest] = disks
    .flatMap(({ space, place, path }) => ("value" in space ? [{ ...space.value, place, path }] : []))
    .map(({ size, available, free, place, path }) => ({
      // As `df` counts it: what only root may have is neither used nor free.
      share: ratio(size - free, size - free + available),
      detail: `${place}, ${path}`,
    }))
    .sort((one, other) => other.share - one.share);
  const noSpace = disks.flatMap(({ space }) => ("missing" in space ? [space.missing] : []))[0];
  return [
    judge(
      "disk busy",
      map(busiest, ({ busy }) => busy),
      name,
    ),
    judge(
      "time per request",
      map(busiest, ({ perRequest }) => perRequest),
      name,
    ),
    waiting("waiting for disk", before.pressure.io, after.pressure.io, elapsed),
    judge(
      "disk full",
      fullest === undefined ? { missing: noSpace ?? "no file system was asked" } : { value: fullest.share },
      fullest?.detail,
    ),
  ];
}

function busiestOf(first: readonly DiskCounters[], last: readonly DiskCounters[], elapsed: number): BusyDisk {
  const disks = last.map((disk) => {
    const start = first.find(({ name }) => name === disk.name) ?? disk;
    return {
      name: disk.name,
      busy: Math.min(1, ratio(disk.busy - start.busy, elapsed)),
      perRequest: ratio(disk.waited - start.waited, disk.requests - start.requests),
    };
  });
  return disks.reduce(
    (most, disk) => (disk.busy > most.busy ? disk : most),
    disks[0] ?? { name: "", busy: 0, perRequest: 0 },
  );
}

interface NetworkRates {
  readonly line: Measured<number>;
  readonly drops: number;
  readonly errors: number;
}

function checkNetwork({ before, after, elapsed, lineRates }: CheckedTime): readonly Check[] {
  const rates = map(
    both(before.interfaces, after.interfaces),
    ([first, last]): NetworkRates => networkRates(first, last, elapsed, lineRates),
  );
  const tcp = both(before.tcp, after.tcp);
  return [
    judge(
      "line in use",
      mapMeasured(rates, ({ line }) => line),
    ),
    judge(
      "packets dropped",
      map(rates, ({ drops }) => drops),
    ),
    judge(
      "connections dropped",
      map(tcp, ([first, last]) => ratio((last.listenDrops - first.listenDrops) * 1000, elapsed)),
    ),
    judge(
      "interface errors",
      map(rates, ({ errors }) => errors),
    ),
    judge(
      "sent again",
      map(tcp, ([first, last]) => {
        const [sent, again] = [last.sent - first.sent, last.retransmitted - first.retransmitted];
        // One segment that is sent again among a few says nothing of the line.
        return again < 3 ? 0 : ratio(again, sent);
      }),
    ),
  ];
}

function networkRates(
  first: readonly InterfaceCounters[],
  last: readonly InterfaceCounters[],
  elapsed: number,
  lineRates: ReadonlyMap<string, number>,
): NetworkRates {
  let [drops, errors] = [0, 0];
  const shares: number[] = [];
  for (const now of last) {
    const start = first.find(({ name }) => name === now.name) ?? now;
    drops += now.drops - start.drops;
    errors += now.errors - start.errors;
    const rate = lineRates.get(now.name);
    if (rate === undefined) continue;
    const bytes = Math.max(now.received - start.received, now.sent - start.sent);
    shares.push(ratio((bytes * 1000) / rate, elapsed));
  }
  const line: Measured<number> =
    shares.length === 0 ? { missing: "no interface tells how much it can carry" } : { value: Math.max(...shares) };
  return { line, drops: ratio(drops * 1000, elapsed), errors: ratio(errors * 1000, elapsed) };
}

function checkRuntime({ runtime }: CheckedTime): readonly Check[] {
  return [
    judge(
      "event loop busy",
      map(runtime, ({ loopBusy }) => loopBusy),
    ),
    judge(
      "event loop late",
      map(runtime, ({ loopDelay }) => loopDelay),
    ),
    judge(
      "collecting garbage",
      map(runtime, ({ collections, watched }) => ratio(collections.pause, watched)),
    ),
    judge(
      "V8 heap in use",
      map(runtime, ({ heapUsed, heapLimit }) => ratio(heapUsed, heapLimit)),
    ),
  ];
}

function waiting(
  name: CheckName,
  before: Measured<GroupPressure>,
  after: Measured<GroupPressure>,
  elapsed: number,
): Check {
  const pressure = both(before, after);
  return judge(
    name,
    map(pressure, ([first, last]) => Math.min(1, ratio(last.some - first.some, elapsed))),
    "value" in after ? after.value.file : undefined,
  );
}

function shareOf({ holds, used }: Allowance): Measured<number> {
  return map(used, ({ value }) => shareTaken(value, holds.value));
}

function both<T>(before: Measured<T>, after: Measured<T>): Measured<readonly [T, T]> {
  if ("missing" in before) return before;
  return "missing" in after ? after : { value: [before.value, after.value] };
}

function map<T, U>(measured: Measured<T>, apply: (value: T) => U): Measured<U> {
  return mapMeasured(measured, (value) => ({ value: apply(value) }));
}

/** Counters that were set back, as after a restart of a container, count from there: never a negative rate. */
function ratio(part: number, whole: number): number {
  return whole > 0 ? Math.max(0, part / whole) : 0;
}
