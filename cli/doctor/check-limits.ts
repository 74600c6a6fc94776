import { openHighWater } from "../../profiler/probe/self/own-files.js";
import { readCpuLimits } from "../../profiler/system/cpu-limits.js";
import { readMemoryLimits } from "../../profiler/system/memory-limits.js";
import { formatBytesShort } from "../../report/format.js";
import type { Finding } from "./finding.js";

/** TypeScript alone takes some 220 MB; the rest is for two more processes and the user's data. */
const littleMemory = 512 * 1024 ** 2;

/** Says how much memory and CPU a kernel that is started here may use, and which limit says so. */
export async function checkLimits(): Promise<Finding[]> {
  const [memory, cpu] = await Promise.all([readMemoryLimits(process.pid), readCpuLimits(process.pid)]);
  const { holds, available } = memory;
  const room = "value" in available ? available.value : holds.value;
  const left = "value" in available ? `${formatBytesShort(room)} of it are left` : available.missing;
  const text = `${formatBytesShort(holds.value)} may be used (${sourceOf(holds)}), ${left}`;
  const [cpus] = cpu.limits;
  return [
    room < littleMemory
      ? {
          check: "memory",
          level: "warning",
          text: `${text}: TypeScript alone takes some 220 MB`,
          mend:
            holds.kind === "machine"
              ? "end other programs"
              : `raise the limit ${holds.name}, or end other programs under it`,
        }
      : { check: "memory", level: "ok", text },
    {
      check: "cpu",
      level: cpus.value < 1 ? "warning" : "ok",
      text: `${Number(cpus.value.toFixed(2))} CPUs may be used (${sourceOf(cpus)})`,
      ...(cpus.value < 1 ? { mend: `everything takes its time; raise the limit ${cpus.name}` } : {}),
    },
  ];
}

/** Says whether the peak of a cell's memory can be measured exactly. */
export function checkExactPeak(directory?: string): Finding {
  const check = "exact peak";
  const highWater = openHighWater(directory);
  const fault = highWater.reset();
  const hwm = highWater.read();
  if (fault === undefined && "value" in hwm) {
    return { check, level: "ok", text: "Linux keeps the peak of a cell's memory (clear_refs, VmHWM)" };
  }
  const reason = fault ?? ("missing" in hwm ? hwm.missing : "");
  const text = `peaks are sampled and may be missed: ${reason}`;
  // Elsewhere than on Linux there is nothing to mend.
  if (process.platform !== "linux") return { check, level: "ok", text };
  return {
    check,
    level: "warning",
    text,
    mend: "let the kernel write to /proc/self/clear_refs: a sandbox (gVisor, a seccomp profile, a read-only /proc) forbids it",
  };
}

function sourceOf({ name, file }: { readonly name: string; readonly file?: string }): string {
  return file === undefined ? name : `${name} in ${file}`;
}
