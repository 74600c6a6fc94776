// How exact the increment of a measured cell is: cells that touch N MiB for 5 ms, in the executor as the kernel starts
// it, sampled as `%%memprofile` samples. The figures do not depend on the machine's speed. Run by `npm run bench -- peak`.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startExecutor } from "../kernel/executor/host.js";
import { profileMemory } from "../profiler/memory-profile.js";
import { startSampler } from "../profiler/sampler.js";

const mebibyte = 1024 * 1024;

/** Ways to hold N MiB for 5 ms. */
const cells: Readonly<Record<string, (size: number) => string>> = {
  "one Buffer": (size) => `const held = Buffer.alloc(${size} * 1048576, 1); ${wait()} exports.length = held.length;`,
  "a variable": (size) => `exports.held = new Uint8Array(${size} * 1048576).fill(7); ${wait()}`,
  "an async cell": (size) =>
    `const held = Buffer.alloc(${size} * 1048576, 1); await new Promise((done) => setTimeout(done, 5)); exports.length = held.length;`,
  "1 MiB Buffers": (size) =>
    `const held = Array.from({ length: ${size} }, () => Buffer.alloc(1048576, 1)); ${wait()} exports.length = held.length;`,
};

const { values } = parseArgs({
  options: {
    repeats: { type: "string", default: "5" },
    sizes: { type: "string", default: "0,1,20,50,100,200,800" },
    dist: { type: "string", default: join(process.cwd(), "dist") },
  },
});
const repeats = Number(values.repeats);
if (!Number.isInteger(repeats) || repeats < 1) {
  throw new Error(`--repeats must be a positive integer, got ${JSON.stringify(values.repeats)}.`);
}
const sizes = values.sizes.split(",").map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 0)) {
  throw new Error(`--sizes must be MiB such as 20,50, got ${JSON.stringify(values.sizes)}.`);
}

const executor = startExecutor({ mainPath: join(values.dist, "kernel/executor/main.cjs"), cwd: process.cwd() });
const sampler = await startSampler({
  executor,
  heapSamplerPath: join(values.dist, "profiler/probe/heap-sampler.cjs"),
});
const probe = {
  processes: () => [],
  samplesEndpoint: async () => sampler.endpoint,
  cellWatchPath: join(values.dist, "profiler/probe/cell-watch.cjs"),
};
let count = 0;
let missed = 0;
try {
  console.log("increment less what the cell touched, MiB; allowed: 0.5 MiB or 0.5 %");
  for (const [name, cell] of Object.entries(cells)) {
    for (const size of sizes) {
      const errors: number[] = [];
      for (let repeat = 0; repeat < repeats; repeat++)
        errors.push((await measureIncrement(cell(size))) / mebibyte - size - headers(name, size));
      const allowed = Math.max(0.5, size * 0.005);
      const over = errors.filter((error) => Math.abs(error) > allowed).length;
      missed += over;
      const figures = errors.map((error) => error.toFixed(2).padStart(5)).join(" ");
      console.log(`${name.padEnd(14)} ${String(size).padStart(4)} MiB  ${figures}${over > 0 ? `  ${over} over` : ""}`);
    }
  }
} finally {
  await sampler.close();
  await executor.close();
}
console.log(missed === 0 ? "all within what is allowed" : `${missed} of ${count} over what is allowed`);

async function measureIncrement(code: string): Promise<number> {
  const { outcome, profile } = await profileMemory(probe, async (watch) => {
    const { modulePath, options, onReading } = watch;
    const result = await executor.execute(
      {
        name: `In[${++count}]`,
        code,
        awaits: code.includes("await"),
        modules: [],
        declares: [],
        watch: { modulePath, options },
      },
      { stream: (_, text) => process.stderr.write(text), display: ignore, clear: ignore },
    );
    if (result.reading !== undefined) onReading(result.reading);
    return result.end;
  });
  if (outcome.status !== "ok") throw new Error(`The cell did not end well: ${JSON.stringify(outcome)}`);
  if (profile === undefined || "missing" in profile) throw new Error(profile?.missing ?? "The cell did not run.");
  return profile.value.increment;
}

/** MiB that glibc's headers take besides: each block that it maps for itself has a page more than what was asked for. */
function headers(name: string, size: number): number {
  return name === "1 MiB Buffers" ? (size * 4096) / mebibyte : 0;
}

/** JavaScript that passes 5 ms in a loop, as a cell that computes does. */
function wait(): string {
  return "{ const until = Date.now() + 5; while (Date.now() < until); }";
}

function ignore(): void {
  // The cells of this benchmark show nothing.
}
