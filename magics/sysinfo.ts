import { UsageError } from "../kernel/errors.js";
import type { Outcome } from "../kernel/interpreter.js";
import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { KernelProbe } from "../profiler/kernel-probe.js";
import { measureCellUsage } from "../profiler/system/cell-usage.js";
import { readDataPath } from "../profiler/system/data-path.js";
import { measureSystemInfo, type SystemInfo } from "../profiler/system/system-info.js";
import { measureTop } from "../profiler/system/top.js";
import { renderSysinfo, renderSysinfoData, sysinfoMimeType } from "../report/sysinfo.js";
import { renderCellUsage } from "../report/sysinfo-cell.js";
import { renderDataPath } from "../report/sysinfo-path.js";
import { parseSections } from "../report/sysinfo-sections.js";
import { renderTop } from "../report/sysinfo-top.js";
import { defineMagic, type Magic, type MagicContext } from "./dispatch/magic.js";
import { watchSystem } from "./sysinfo-watch.js";

// CPU time is counted in steps of 10 ms: fewer than five of them say nothing.
const shortestInterval = 50;
const longestInterval = 60_000;

/** `%sysinfo`: what this kernel may use and what is saturated; `%%sysinfo`: what a cell did to the system. */
export const sysinfo: Magic = defineMagic({
  name: "sysinfo",
  forms: ["line", "cell"],
  summary: "Show what this kernel may use of the machine, which limit says so, and what is saturated.",
  operands: "[SECTION… | NUMBER]",
  options: {
    all: { type: "flag", description: "Show every figure and every limit." },
    top: { type: "flag", description: "Show the NUMBER of processes that take the most, 10 if you do not say." },
    by: {
      type: "string",
      choices: ["memory", "cpu"],
      default: "memory",
      placeholder: "WHAT",
      description: "What --top orders by: memory or cpu.",
    },
    path: { type: "flag", description: "Show what stands between you and your data, as a diagram." },
    watch: { type: "flag", description: "Renew the report in its place for NUMBER seconds, 60 if you do not say." },
    json: { type: "flag", description: "Show the figures as JSON." },
    output: { type: "name", short: "o", placeholder: "NAME", description: "Put the figures into a variable." },
    interval: {
      type: "duration",
      short: "i",
      description: "Watch for so long, instead of telling of the last minute.",
    },
  },
  async run(options, context) {
    if (context.form === "cell") return runCell(options, context);
    const { line, display, probe, pingFrontEnd } = context;
    const { all, top, path, watch, by, json, output, interval } = options;
    if ([top, path, watch].filter(Boolean).length > 1) {
      throw new UsageError("--top, --path and --watch are reports of their own: give one of them.");
    }
    if (top) {
      const count = readNumber(line, { option: "--top", of: "a number of processes", least: 1, most: 1000 }) ?? 10;
      const watched = interval === undefined ? {} : { interval: checkInterval(interval, "--interval") };
      const processes = await measureTop(probe.processes(), { count, by: by === "cpu" ? "cpu" : "memory", ...watched });
      display(json && "value" in processes ? renderData({ top: processes.value }) : renderTop(processes));
      if (output !== undefined) await bindData(context, { name: output, data: processes, type: topType });
    } else if (path) {
      if (line !== "") throw new UsageError(`--path takes no names of sections, got "${line}".`);
      const data = await readDataPath(probe.processes(), { ...probe.system, pingFrontEnd });
      display(json ? renderData({ path: data }) : renderDataPath(data));
      if (output !== undefined) await bindData(context, { name: output, data, type: pathType });
    } else if (watch) {
      if (output !== undefined || json)
        throw new UsageError("--watch shows its report only: it takes no -o and no --json.");
      const seconds = readNumber(line, { option: "--watch", of: "a number of seconds", least: 0, most: 3600 }) ?? 60;
      const report = async () => renderSysinfo(await lookAtSystem(probe, interval, "--interval"), { all });
      await watchSystem(context, report, seconds * 1000);
    } else {
      const view = parseSections(line);
      if ("unknown" in view) throw new UsageError(view.unknown);
      const info = await lookAtSystem(probe, interval, "--interval");
      display(json ? renderSysinfoData(info) : renderSysinfo(info, { all, ...view }));
      if (output !== undefined) await bindData(context, { name: output, data: info, type: sysinfoType });
    }
    return undefined;
  },
});

const sysinfoType = 'import("cellscope").SystemInfo';
const cellUsageType = 'import("cellscope").CellUsage';
const topType = 'import("cellscope").Measured<import("cellscope").TopProcesses>';
const pathType = 'import("cellscope").DataPath';

async function bindData(
  { bind }: Pick<MagicContext, "bind">,
  { name, data, type }: { readonly name: string; readonly data: unknown; readonly type: string },
): Promise<void> {
  await bind({ name, value: { kind: "json", data }, type });
}

/** A part of the data alone, as JSON and under its name in the data of the output. */
function renderData(part: Readonly<Record<string, unknown>>): MimeBundle {
  return { "text/plain": JSON.stringify(Object.values(part)[0], null, 2), [sysinfoMimeType]: part };
}

async function runCell(
  options: Readonly<{ all: boolean; top: boolean; path: boolean; watch: boolean; json: boolean }> & {
    readonly output: string | undefined;
    readonly interval: number | undefined;
  },
  { body, execute, display, bind, probe }: MagicContext,
): Promise<Outcome> {
  const forLines = (["all", "top", "path", "watch"] as const).find((name) => options[name]);
  const wrong = forLines ?? (options.interval === undefined ? undefined : "interval");
  if (wrong !== undefined) throw new UsageError(`--${wrong} is for %sysinfo on a line; %%sysinfo takes --json and -o.`);
  const { outcome, usage } = await measureCellUsage(probe.processes, () => execute(body));
  display(options.json ? renderData({ cell: usage }) : renderCellUsage(usage));
  if (options.output !== undefined && outcome.status === "ok") {
    await bindData({ bind }, { name: options.output, data: usage, type: cellUsageType });
  }
  return outcome;
}

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

/** The number behind an option that may stand without one. */
function readNumber(
  line: string,
  wanted: { readonly option: string; readonly of: string; readonly least: number; readonly most: number },
): number | undefined {
  const { option, of, least, most } = wanted;
  if (line === "") return undefined;
  const value = /^\d+$/.test(line) ? Number(line) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${option} takes ${of} from ${least} to ${most}, got "${line}".`);
}
