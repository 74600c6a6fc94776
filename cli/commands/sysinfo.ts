import { UsageError } from "../../kernel/errors.js";
import { measureSystemInfo } from "../../profiler/system/system-info.js";
import { formatSysinfo } from "../../report/sysinfo.js";
import { formatPrometheus } from "../../report/sysinfo-prometheus.js";
import { parseSections } from "../../report/sysinfo-sections.js";
import { defineCommand, parseArguments } from "../command.js";

/** `cellscope sysinfo`: what a kernel that were started here might use, for logs and for those who scrape. */
export async function run(argv: readonly string[]): Promise<number> {
  const command = defineCommand("sysinfo", "Show what may be used of this machine, and what is saturated.")
    .argument("[section...]", "Only these parts: memory, cpu, disk, net, gpu, node, limits.")
    .option("--all", "Show every figure and every limit.")
    .option("--json", "Print the figures as JSON, as %sysinfo -o gives them.")
    .option("--prometheus", "Print the figures in the text format that Prometheus scrapes.")
    .option("-i, --interval <ms>", "Watch for so many milliseconds, 50 to 60000.", "1000");
  const done = parseArguments(command, argv);
  if (done !== undefined) return done;
  const { all = false, json = false, prometheus = false, interval: given } = command.opts<SysinfoArguments>();
  if (json && prometheus) throw new UsageError("--json and --prometheus are two forms of the same: give one of them.");
  const view = parseSections(command.args.join(" "));
  if ("unknown" in view) throw new UsageError(view.unknown);
  const interval = Number(given);
  if (!(interval >= 50 && interval <= 60_000)) {
    throw new UsageError(`--interval must be a number of milliseconds from 50 to 60000, got "${given}".`);
  }
  const info = await measureSystemInfo([], { interval });
  const text = json ? `${JSON.stringify(info, null, 2)}\n` : prometheus ? formatPrometheus(info) : undefined;
  process.stdout.write(text ?? `${formatSysinfo(info, { ...view, all })}\n`);
  return 0;
}

interface SysinfoArguments {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly prometheus?: boolean;
  readonly interval: string;
}
