import { hostname } from "node:os";
import { UsageError } from "../errors.js";
import type { Content } from "../protocol/messages.js";
import type { KernelUsage } from "../usage.js";
import type { Handler } from "./handler.js";

/** Answers `usage_request`, in the words of ipykernel's reply: front ends know no others. */
export const handleUsage: Handler = async ({ kernel: { readUsage } }) => {
  if (readUsage === undefined) throw new UsageError("This kernel does not tell what it uses.");
  return toContent(await readUsage());
};

function toContent({ cpu, memory, host }: KernelUsage): Content {
  const { total, available, ...parts } = host.memory;
  const used = total - available;
  return {
    status: "ok",
    hostname: hostname(),
    pid: process.pid,
    ...(cpu === undefined ? {} : { kernel_cpu: round(cpu) }),
    ...(memory === undefined ? {} : { kernel_memory: memory }),
    cpu_count: host.cpuCount,
    ...(host.cpuPercent === undefined ? {} : { host_cpu_percent: round(host.cpuPercent) }),
    host_virtual_memory: { total, available, percent: round((used / total) * 100), used, ...parts },
  };
}

function round(percent: number): number {
  return Math.round(percent * 10) / 10;
}
