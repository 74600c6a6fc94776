// What `cellscope top` shows: one screen of text.
import type { KernelState } from "../profiler/kernel-state.js";
import type { Sample } from "../profiler/sample-frames.js";
import type { TopProcess } from "../profiler/system/top.js";
import { formatBytes, formatBytesShort, formatDuration, formatPercent } from "./format.js";
import { sparkline, terminalWidth, textTable } from "./text.js";

/** Everything that one screen shows. Times are milliseconds of the clock of the samples. */
export interface TopScreen {
  readonly title: string;
  readonly now: number;
  readonly state: KernelState | undefined;
  readonly samples: readonly Sample[];
  /** The processes of the kernel and what its cells have started. */
  readonly processes: readonly TopProcess[];
  readonly columns: number;
}

/** Lines of text, none of them wider than the terminal. */
export function formatTopScreen({ title, now, state, samples, processes, columns }: TopScreen): string {
  const lines = [
    title,
    cellLine(state, now),
    "",
    ...memoryLines(samples, Math.max(10, Math.min(100, columns - 40))),
    ...runtimeLines(state),
    "",
    textTable(
      [
        { title: "process" },
        ...["pid", "PSS", "RSS", "CPU", "threads"].map((name) => ({ title: name, align: "end" as const })),
      ],
      processes.map(({ role, pid, name, pss, rss, cpu, threads }) => [
        role === undefined || role.startsWith("started") ? `${name} (${role ?? ""})` : role,
        String(pid),
        "value" in pss ? formatBytes(pss.value) : "—",
        "value" in rss ? formatBytes(rss.value) : "—",
        "value" in cpu ? `~${formatPercent(cpu.value)}` : "—",
        String(threads),
      ]),
    ),
  ];
  return lines
    .join("\n")
    .split("\n")
    .map((line) => cut(line, columns))
    .join("\n");
}

function cellLine(state: KernelState | undefined, now: number): string {
  if (state === undefined) return "cell     waiting for the kernel to tell";
  if (state.cell === null) return "cell     none runs";
  return `cell     ${state.cell.name} runs for ${formatDuration(Math.max(0, now - state.cell.began))}`;
}

function memoryLines(samples: readonly Sample[], width: number): readonly string[] {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return ["memory   no samples yet"];
  const rss = samples.map((sample) => sample.rss);
  const top = rss.reduce((most, value) => Math.max(most, value), 0);
  const children = last.childrenRss > 0 ? `, child processes ${formatBytesShort(last.childrenRss)}` : "";
  return [
    `memory   ${sparkline(overTime(samples, width), { width, max: top })}  ${formatBytes(last.rss)}`,
    `         highest ${formatBytes(top)} in the last ${formatDuration(last.time - first.time)}${children}`,
  ];
}

/** The highest RSS of each stretch of time: samples are denser while a cell runs. */
function overTime(samples: readonly Sample[], width: number): readonly number[] {
  const [start, end] = [samples[0]?.time ?? 0, samples.at(-1)?.time ?? 0];
  const slots = new Array<number>(width).fill(Number.NaN);
  for (const { time, rss } of samples) {
    const slot = end > start ? Math.min(width - 1, Math.floor(((time - start) / (end - start)) * width)) : width - 1;
    slots[slot] = Math.max(slots[slot] || 0, rss);
  }
  let known = Number.NaN;
  return slots.map((value) => {
    if (Number.isFinite(value)) known = value;
    return known;
  });
}

function runtimeLines(state: KernelState | undefined): readonly string[] {
  if (state === undefined) return [];
  if ("missing" in state.runtime) return [`runtime  — ${state.runtime.missing}`];
  const { heapUsed, heapLimit, collections, watched, loopBusy, loopDelay } = state.runtime.value;
  return [
    `heap     ${formatBytes(heapUsed)} of ${formatBytesShort(heapLimit)} (${formatPercent(heapUsed / heapLimit)})`,
    `garbage  ${collections.count} collections, ${formatDuration(collections.pause)} in the last ${formatDuration(watched)}`,
    `loop     busy ${formatPercent(loopBusy)}, timers ${formatDuration(loopDelay)} late`,
  ];
}

function cut(line: string, columns: number): string {
  if (terminalWidth(line) <= columns) return line;
  const characters = Array.from(line);
  while (characters.length > 0 && terminalWidth(characters.join("")) > columns - 1) characters.pop();
  return `${characters.join("")}…`;
}
