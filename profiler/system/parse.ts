// The files of the system, one value at a time. None of these functions reads anything.

/** A `kB` field of `/proc/meminfo`, `status` or `smaps_rollup` in bytes; the kernel's "kB" is 1024 bytes (proc(5)). */
export function parseKibibytes(text: string, field: string): number | undefined {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** A `name value` line of `memory.stat`, `cpu.stat` and the like. */
export function parseFlatKey(text: string, key: string): number | undefined {
  const value = new RegExp(`^${key} (\\d+)$`, "m").exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

/**
 * The limit in a memory file of a control group; `undefined` when it sets none. Version 2 says `max`,
 * version 1 the largest number of whole pages.
 */
export function parseCgroupBytes(text: string): number | undefined {
  const bytes = wholeNumber(text);
  return bytes === undefined || bytes >= 2 ** 60 ? undefined : bytes;
}

/** The soft limit of a line of `/proc/<pid>/limits`; `undefined` when it is unlimited. */
export function parseProcessLimit(text: string, name: string): number | undefined {
  const value = new RegExp(`^${name} +(\\d+) `, "m").exec(text)?.[1];
  return value === undefined ? undefined : parseCgroupBytes(value);
}

/** The number of CPUs in version 2's `cpu.max` (`200000 100000`); `undefined` when it sets no limit. */
export function parseCpuMax(text: string): number | undefined {
  const [quota = "", period = ""] = text.trim().split(" ");
  return quotaOf(wholeNumber(quota), wholeNumber(period));
}

/** The number of CPUs by version 1's quota and period; `undefined` when the quota is `-1`. */
export function parseCfsQuota(quota: string, period: string): number | undefined {
  return quotaOf(wholeNumber(quota), wholeNumber(period));
}

/** A list of CPUs such as `0-3,7`. */
export function parseCpuList(text: string): readonly number[] {
  return text
    .trim()
    .split(",")
    .flatMap((range) => {
      const [first, last = first] = range.split("-").map(wholeNumber);
      if (first === undefined || last === undefined) return [];
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
    });
}

/** The busy and the whole time of one CPU since the start, in ticks. */
export interface CpuTicks {
  readonly busy: number;
  readonly all: number;
}

/** The lines `cpu0`, `cpu1` … of `/proc/stat`. */
export function parseCpuTicks(stat: string): ReadonlyMap<number, CpuTicks> {
  const cpus = new Map<number, CpuTicks>();
  for (const [, cpu, fields = ""] of stat.matchAll(/^cpu(\d+) (.*)$/gm)) {
    // user nice system idle iowait irq softirq steal; what follows is counted in user and nice already.
    const ticks = fields.split(" ").slice(0, 8).map(Number);
    const all = ticks.reduce((sum, value) => sum + value, 0);
    const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
    cpus.set(Number(cpu), { busy: all - idle, all });
  }
  return cpus;
}

/** What `/proc/<pid>/stat` says of a process's time, in ticks. */
export interface ProcessTicks {
  readonly user: number;
  readonly system: number;
  /** Since the machine started. */
  readonly start: number;
}

/** Reads `/proc/<pid>/stat`; `undefined` when it is not of that form. */
export function parseProcessTicks(stat: string): ProcessTicks | undefined {
  // The name is in brackets and may hold spaces and brackets: the fields are counted from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system, start] = [11, 12, 19].map((index) => wholeNumber(fields[index] ?? ""));
  if (user === undefined || system === undefined || start === undefined) return undefined;
  return { user, system, start };
}

function quotaOf(quota: number | undefined, period: number | undefined): number | undefined {
  return quota === undefined || period === undefined || period === 0 ? undefined : quota / period;
}

/** A file that holds one whole number, or a part of a line that is one. */
export function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}
