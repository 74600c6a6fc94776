// The figures of %sysinfo in Prometheus' text format: one gauge to a kind of figure, told apart by labels.
import type { Measured } from "../profiler/measured.js";
import type { Allowance } from "../profiler/system/limit.js";
import type { SystemInfo } from "../profiler/system/system-info.js";

/** Prints what could be read; what could not is left out, as Prometheus expects it. */
export function formatPrometheus(info: SystemInfo): string {
  const allowances: readonly (readonly [string, Measured<Allowance>])[] = [
    ["memory_bytes", { value: info.memory }],
    ["cpus", { value: info.cpu }],
    ["v8_heap_bytes", info.heap],
    ["open_files", info.openFiles],
    ["processes", info.tasks],
  ];
  const known = allowances.flatMap(([resource, allowance]) =>
    "value" in allowance ? [{ resource, ...allowance.value }] : [],
  );
  const disks = info.disks.flatMap(({ place, path, space }) =>
    "value" in space ? [{ labels: { place, path }, ...space.value }] : [],
  );
  const gpus = "value" in info.gpus ? info.gpus.value : [];
  const gpuSamples = (pick: "memory" | "memoryUsed") =>
    gpus.flatMap(({ name, ...gpu }, index) => sampleOf({ gpu: String(index), name }, gpu[pick]));
  return [
    gauge(
      "cellscope_limit",
      "What may be used: the smallest limit that holds.",
      known.map(({ resource, holds }) => ({ labels: { resource, source: holds.name }, value: holds.value })),
    ),
    gauge(
      "cellscope_used",
      "What is used of the limit that holds.",
      known.flatMap(({ resource, used }) =>
        "value" in used ? [{ labels: { resource }, value: used.value.value }] : [],
      ),
    ),
    gauge("cellscope_memory_available_bytes", "What a load could still take.", sampleOf({}, info.memory.available)),
    gauge("cellscope_swap_bytes", "Swap that may be used besides.", sampleOf({}, info.memory.swap)),
    gauge(
      "cellscope_disk_size_bytes",
      "Size of a file system.",
      disks.map(({ labels, size }) => ({ labels, value: size })),
    ),
    gauge(
      "cellscope_disk_available_bytes",
      "What may still be written to a file system.",
      disks.map(({ labels, available }) => ({ labels, value: available })),
    ),
    gauge("cellscope_gpu_memory_bytes", "Memory of a graphics processor.", gpuSamples("memory")),
    gauge("cellscope_gpu_memory_used_bytes", "Memory in use of a graphics processor.", gpuSamples("memoryUsed")),
    gauge(
      "cellscope_check",
      "A figure of the USE method: a share of one, a number per second, a number, or milliseconds.",
      info.checks.flatMap(({ resource, aspect, name, unit, value }) =>
        sampleOf({ resource: resource.toLowerCase(), aspect, check: name, unit }, value),
      ),
    ),
    gauge(
      "cellscope_verdict",
      "What to think of a figure: 0 is ok, 1 is worth a look, 2 is bad.",
      info.checks.flatMap(({ resource, name, verdict }) =>
        verdict === undefined
          ? []
          : [{ labels: { resource: resource.toLowerCase(), check: name }, value: { ok: 0, look: 1, bad: 2 }[verdict] }],
      ),
    ),
  ].join("");
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function sampleOf(labels: Sample["labels"], measured: Measured<number>): readonly Sample[] {
  return "value" in measured ? [{ labels, value: measured.value }] : [];
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
    return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ""].join("\n");
}

function escapeLabel(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}
