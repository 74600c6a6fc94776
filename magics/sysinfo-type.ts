// `SystemInfo` of the profiler, spelled out: a notebook need not have cellscope installed beside it, so the
// type of the variable can name no module. A test holds it to the profiler's.

const limit = `{ readonly kind: "machine" | "cgroup" | "process"; readonly value: number; readonly name: string; readonly file?: string }`;
const usage = "{ readonly value: number; readonly how: string }";
const allowance = `readonly holds: ${limit}; readonly limits: readonly ${limit}[]; readonly machine: ${limit}; readonly used: ${measured(usage)};`;
const figures = ["rss", "pss", "cpuTime", "uptime", "cpu", "cpuSinceStart"]
  .map((name) => `readonly ${name}: ${measured("number")};`)
  .join(" ");

/** The type of the variable that `%sysinfo -o NAME` makes. */
export const sysinfoType = [
  `{ readonly platform: { readonly name: string; readonly release: string; readonly architecture: string; readonly node: string };`,
  `readonly memory: { ${allowance} readonly available: ${measured("number")}; readonly slowedFrom?: ${limit}; readonly swap: ${measured("number")} };`,
  `readonly cpu: { ${allowance} };`,
  `readonly processes: readonly { readonly role: "kernel" | "executor" | "language"; readonly pid: number; ${figures} }[];`,
  "readonly interval: number }",
].join(" ");

function measured(type: string): string {
  return `({ readonly value: ${type} } | { readonly missing: string })`;
}
