import { UsageError } from "../kernel/errors.js";
import type { KernelProbe } from "../profiler/kernel-probe.js";
import { readDataPath } from "../profiler/system/data-path.js";
import { measureSystemInfo, type SystemInfo } from "../profiler/system/system-info.js";
import { measureTop } from "../profiler/system/top.js";
import { renderSysinfo, renderSysinfoData } from "../report/sysinfo.js";
import { renderDataPath } from "../report/sysinfo-path.js";
import { parseSections } from "../report/sysinfo-sections.js";
import { renderTop } from "../report/sysinfo-top.js";
import { defineMagic, type Magic } from "./dispatch/magic.js";

// CPU time is counted in steps of 10 ms: fewer than five of them say nothing.
const shortestInterval = 50;
const longestInterval = 60_000;

/** `%sysinfo`: what this kernel may use of the machine, which limit says so, and what is saturated. */
export const sysinfo: Magic = defineMagic({
  name: "sysinfo",
  forms: ["line"],
  summary: "Show what this kernel may use of the machine, which limit says so, and what is saturated.",
  operands: "[SECTION… | COUNT]",
  body: "text",
  options: {
    all: { type: "flag", description: "Show every figure and every limit." },
    top: { type: "flag", description: "Show the COUNT processes that take the most, 10 if you do not say." },
    path: { type: "flag", description: "Show what stands between you and your data, as a diagram." },
    by: {
      type: "string",
      choices: ["memory", "cpu"],
      default: "memory",
      placeholder: "WHAT",
      description: "What --top orders by: memory or cpu.",
    },
    json: { type: "flag", description: "Show the figures as JSON." },
    output: { type: "name", short: "o", placeholder: "NAME", description: "Put the figures into a variable." },
    interval: {
      type: "duration",
      short: "i",
      description: "Watch for so long, instead of telling of the last minute.",
    },
  },
  async run({ all, top, path, by, json, output, interval }, { line, display, bind, probe }) {
    if (path) {
      if (line !== "") throw new UsageError(`--path takes no names of sections, got "${line}".`);
      display(renderDataPath(await readDataPath(probe.processes(), probe.system)));
      return undefined;
    }
    if (top) {
      const count = readCount(line);
      const processes = await measureTop(probe.processes(), {
        count,
        by: by === "cpu" ? "cpu" : "memory",
        ...(interval !== undefined && { interval: checkInterval(interval, "--interval") }),
      });
      display(renderTop(processes));
      return undefined;
    }
    const sections = parseSections(line);
    if ("unknown" in sections) throw new UsageError(sections.unknown);
    const info = await lookAtSystem(probe, interval, "--interval");
    display(json ? renderSysinfoData(info) : renderSysinfo(info, { all, ...sections }));
    if (output !== undefined) await bind({ name: output, value: { kind: "json", data: info }, type: sysinfoType });
    return undefined;
  },
});

/** What `sysinfo()` in a cell asks for: its one argument, as it came. */
export function answerSysinfo(probe: KernelProbe, argument: unknown): Promise<SystemInfo> {
  const interval: unknown = Object(argument).interval;
  if (interval !== undefined && typeof interval !== "number") {
    throw new UsageError(`interval must be a number of milliseconds, got ${typeof interval}.`);
  }
  return lookAtSystem(probe, interval, "interval");
}

async function lookAtSystem(probe: KernelProbe, interval: number | undefined, name: string): Promise<SystemInfo> {
  const watched = interval === undefined ? {} : { interval: checkInterval(interval, name) };
  return measureSystemInfo(probe.processes(), { ...probe.system, ...watched });
}

function checkInterval(interval: number, name: string): number {
  if (interval >= shortestInterval && interval <= longestInterval) return interval;
  throw new UsageError(`${name} must be from ${shortestInterval}ms to 60s, got "${interval}ms".`);
}

function readCount(line: string): number {
  if (line === "") return 10;
  const count = Number(line);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count;
  throw new UsageError(`--top takes a number of processes from 1 to 1000, got "${line}".`);
}

const sysinfoType = 'import("cellscope").SystemInfo';
