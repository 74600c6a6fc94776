import { UsageError } from "../kernel/errors.js";
import type { Outcome } from "../kernel/interpreter.js";
import type { ProbeWatch } from "../profiler/kernel-probe.js";
import { type MemoryMeasurement, profileMemory } from "../profiler/memory-profile.js";
import { encodeSampleTable } from "../profiler/sample-table.js";
import { readMemoryAllowance } from "../profiler/system/memory-limits.js";
import { renderLineProfile } from "../report/line-profile.js";
import { renderMemoryProfile } from "../report/memory-profile.js";
import { defineMagic, type Magic, type MagicContext } from "./dispatch/magic.js";
import { linesOf } from "./lines-of.js";

const shortestInterval = 5;
const longestInterval = 60_000;

/** `%%memprofile` and `%memprofile EXPR`: run the code, then show what it did to memory, and when. */
export const memprofile: Magic = defineMagic({
  name: "memprofile",
  aliases: ["memit"],
  forms: ["line", "cell"],
  operands: "EXPR",
  summary: "Measure the memory of this code: exact peak, increment, what it kept, and its course over time.",
  options: {
    interval: { type: "duration", short: "i", default: 10, description: "Time between samples of the timeline." },
    output: {
      type: "name",
      short: "o",
      placeholder: "NAME",
      description: "Put the samples, an Arrow table, into a variable.",
    },
    lines: { type: "flag", description: "Say what each line of this code cost." },
    function: {
      type: "list",
      short: "f",
      placeholder: "FUNCTION",
      description: "The same for a function of any cell, or Class.method; may be repeated.",
    },
  },
  async run({ interval, output, lines, function: functions }, context) {
    const { body, execute, probe } = context;
    if (interval < shortestInterval || interval > longestInterval) {
      throw new UsageError(`--interval must be from ${shortestInterval}ms to 60s, got "${interval}ms".`);
    }
    const allowance = await readAllowance();
    const session = lines || functions.length > 0 ? linesOf(probe, lines, functions) : undefined;
    const run = (watch: ProbeWatch) => execute(body, session?.around(watch) ?? { watch });
    const measurement = await profileMemory(probe, run, { interval, ...allowance });
    // The cell has run: whatever goes wrong from here on, its outcome is told.
    try {
      await show(measurement, output, context);
      const lineProfile = session?.take();
      if (lineProfile !== undefined) context.display(renderLineProfile(lineProfile));
    } catch (error) {
      context.output.stream(
        "stderr",
        `The report could not be made: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    }
    return measurement.outcome;
  },
});

async function show(
  { profile, samples, began }: MemoryMeasurement<Outcome>,
  output: string | undefined,
  { bind, display }: MagicContext,
): Promise<void> {
  // Code that never ran has cost nothing; its outcome says why it did not.
  if (profile === undefined) return;
  display(renderMemoryProfile(profile));
  if (output === undefined) return;
  const bytes = await encodeSampleTable(samples, began);
  await bind({ name: output, value: { kind: "arrow", bytes }, type: 'import("apache-arrow").Table' });
}

/** What the kernel may use, for the share that the peak is of it; a system that does not tell leaves it out. */
async function readAllowance(): Promise<{ readonly allowance?: { readonly value: number; readonly source: string } }> {
  try {
    const { value, name, file } = await readMemoryAllowance();
    return { allowance: { value, source: file === undefined ? name : `${name}, ${file}` } };
  } catch {
    // Only the sentence about the share is lost, and %sysinfo says what is wrong.
    return {};
  }
}
