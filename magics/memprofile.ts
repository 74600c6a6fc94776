import { randomUUID } from "node:crypto";
import type { Outcome } from "../kernel/interpreter.js";
import type { ProbeWatch } from "../profiler/kernel-probe.js";
import type { MemoryBaseline } from "../profiler/memory-figures.js";
import { type MemoryProfile, profileMemory } from "../profiler/memory-profile.js";
import type { MemoryResultData } from "../profiler/profile-result.js";
import { encodeSampleTable } from "../profiler/sample-table.js";
import { renderLineProfile } from "../report/line-profile.js";
import { type MemoryComparison, renderMemoryComparison } from "../report/memory-comparison.js";
import { renderMemoryProfile, renderRunningProfile } from "../report/memory-profile.js";
import { renderRepeats } from "../report/memory-profile-repeats.js";
import { defineMagic, type Magic, type MagicContext } from "./dispatch/magic.js";
import { linesOf } from "./lines-of.js";
import { readMemoryAllowance } from "./memory-allowance.js";
import { baselineOf, baselinesIn, checkBaselineName } from "./memory-baselines.js";
import { type Budget, exceededBudget } from "./memory-budget.js";
import { type MemoryRun, profilesOf, repeatsOf, resultOf, shownRun } from "./memory-runs.js";
import { checkAllocations, checkInterval, checkTimeout } from "./memprofile-limits.js";
import {
  type ProfileTarget,
  readFileTarget,
  readProfileTarget,
  readTextPath,
  writeProfile,
  writeText,
} from "./profile-file.js";
import { quietWords, rememberMemory } from "./quiet-memory.js";
import { refusedByMemprofile } from "./refused-options.js";

/** A cell that is over sooner gets its report and nothing before it. */
const liveAfter = 300;
/** Between two pictures of a cell that runs. */
const liveInterval = 180;

/** `%%memprofile` and `%memprofile EXPR`: run the code, then show what it did to memory, when, and who held it. */
export const memprofile: Magic = defineMagic({
  name: "memprofile",
  aliases: ["memit"],
  forms: ["line", "cell"],
  operands: "EXPR | on | off | last",
  summary:
    "Measure the memory of this code: exact peak, increment, what it kept, its course, and who held it at the peak.",
  options: {
    interval: {
      type: "duration",
      short: "i",
      description: "Time between samples of the timeline; without it 10 ms, and more the longer the code takes.",
    },
    output: {
      type: "string",
      short: "o",
      placeholder: "NAME",
      description:
        "Put the profile into a variable, with its samples as an Arrow table; or write a file: .json, .arrow, .html, .heapprofile, .cpuprofile, .speedscope.json or .pb.gz.",
    },
    baseline: { type: "string", placeholder: "NAME", description: "Keep the figures under this name, for --compare." },
    compare: {
      type: "string",
      placeholder: "NAME",
      description: "Show what is different from the baseline of this name.",
    },
    lines: { type: "flag", description: "Say what each line of this code cost." },
    function: {
      type: "list",
      short: "f",
      placeholder: "FUNCTION",
      description: "The same for a function of any cell, or Class.method; may be repeated.",
    },
    repeat: {
      type: "integer",
      short: "r",
      default: 1,
      min: 1,
      max: 1000,
      description: "Run the code so many times, and report the run with the highest increment.",
    },
    timeout: { type: "duration", short: "t", description: "Stop the code after this time." },
    leaks: { type: "flag", description: "Show what this code allocated that is alive after it, and what holds it." },
    temporal: { type: "flag", description: "Show who held the memory over the whole time, not only at the peak." },
    temporaryAllocations: {
      type: "flag",
      description: "Show who allocated, freed again or not, in place of who held it at the peak.",
    },
    noStacks: { type: "flag", description: "Do not look who held it at the peak: it costs the least." },
    inverted: { type: "flag", description: "Draw who held it above those that called it, not below." },
    native: {
      type: "flag",
      description: "Show what the memory of the process is mapped for: add-ons, code, V8, malloc; before and after.",
    },
    children: {
      type: "flag",
      short: "c",
      description: "Count the memory of child processes too, and tell that of worker threads apart.",
    },
    quiet: { type: "flag", short: "q", description: "Show no report." },
    textFile: {
      type: "string",
      short: "T",
      placeholder: "FILE",
      description: "Write the report, as text, into a file too.",
    },
    dump: {
      type: "string",
      short: "D",
      placeholder: "FILE",
      description: "Write the measurement into a file, by its extension, beside what --output does.",
    },
    maxPeak: { type: "size", description: "Fail the cell when its peak is higher." },
    maxIncrement: { type: "size", description: "Fail the cell when its increment is higher." },
    maxKept: { type: "size", description: "Fail the cell when it keeps more." },
    maxTime: { type: "duration", description: "Fail the cell when it takes longer." },
  },
  refused: refusedByMemprofile,
  async run(
    {
      interval,
      output,
      baseline,
      compare,
      lines,
      function: functions,
      repeat,
      timeout,
      leaks,
      temporal,
      temporaryAllocations,
      noStacks,
      inverted,
      native,
      children,
      quiet,
      textFile,
      dump,
      ...budget
    },
    context,
  ) {
    const word = context.form === "line" ? context.line : "";
    if (isQuietWord(word)) {
      await quietWords[word](context);
      return undefined;
    }
    checkAllocations(temporaryAllocations, { "--leaks": leaks, "--temporal": temporal, "--no-stacks": noStacks });
    checkInterval("--interval", interval);
    checkTimeout("--timeout", timeout);
    checkBaselineName("--baseline", baseline);
    checkBaselineName("--compare", compare);
    const target = output === undefined ? undefined : await readProfileTarget(output, context.directory().current);
    const dumpTarget =
      dump === undefined ? undefined : await readFileTarget("--dump", dump, context.directory().current);
    const targets = [target, dumpTarget].filter((each) => each !== undefined);
    const textPath =
      textFile === undefined ? undefined : await readTextPath("--text-file", textFile, context.directory().current);
    const baselines = baselinesIn(context.directory().current);
    // Read now: a name that is wrong must not cost the run, and --baseline may replace it.
    const before = compare === undefined ? undefined : { name: compare, before: await baselines.read(compare) };
    const keep = baseline === undefined ? undefined : (kept: MemoryBaseline) => baselines.write(baseline, kept);
    const allowance = await readMemoryAllowance();
    const live = quiet ? undefined : openLive(context);
    const runs: MemoryRun[] = [];
    for (let run = 0; run < repeat; run++) {
      const limited = limitTime(timeout, context);
      const session = lines || functions.length > 0 ? linesOf(context.probe, lines, functions) : undefined;
      try {
        const execute = (bare: ProbeWatch) => {
          const watch = { ...bare, ...limited.watch };
          return context.execute(context.body, session?.around(watch) ?? { watch });
        };
        const measurement = await profileMemory(context.probe, execute, {
          children,
          native,
          ...(interval !== undefined && { interval }),
          stacks: !noStacks || leaks || temporal,
          // Snapshots of the heap cost as much as the code: the last run is the one that has everything warm.
          leaks: leaks && run === repeat - 1,
          temporal,
          allocations: temporaryAllocations,
          source: context.body,
          cpuProfile: targets.some((each) => each.kind === "file" && each.cpuProfile === true),
          ...allowance,
          ...(live && { onProgress: live.show }),
        });
        const outcome = limited.outcomeOf(measurement.outcome);
        const lineProfile = session?.take();
        runs.push({ ...measurement, outcome, ...(lineProfile && { lineProfile }) });
        if (outcome.status === "error") break;
      } finally {
        limited.clear();
      }
    }
    return finish(runs, { targets, textPath, keep, before, quiet, inverted, leaks, budget, live }, context);
  },
});

/** A variable of such a name is measured as `(on)`. */
function isQuietWord(word: string): word is keyof typeof quietWords {
  return Object.hasOwn(quietWords, word);
}

interface Wishes {
  readonly targets: readonly ProfileTarget[];
  /** Where the text of the report goes too. */
  readonly textPath: string | undefined;
  readonly keep: ((baseline: MemoryBaseline) => Promise<void>) | undefined;
  readonly before: Pick<MemoryComparison, "name" | "before"> | undefined;
  readonly quiet: boolean;
  readonly inverted: boolean;
  readonly leaks: boolean;
  readonly budget: Budget;
  readonly live: Live | undefined;
}

/** The code has run: whatever goes wrong from here on, its outcome is told. */
async function finish(
  runs: readonly MemoryRun[],
  { targets, textPath, keep, before, quiet, inverted, leaks, budget, live }: Wishes,
  context: MagicContext,
): Promise<Outcome> {
  const last = runs.at(-1);
  const shown = shownRun(runs, leaks);
  // `--repeat` is at least 1.
  if (last === undefined || shown === undefined) return { status: "ok" };
  let comparison: MemoryComparison | undefined;
  try {
    if (shown.profile !== undefined && "value" in shown.profile) rememberMemory(context.probe, shown.profile.value);
    const texts: string[] = [];
    const show: MagicContext["display"] = (bundle, options) => {
      texts.push(String(bundle["text/plain"]));
      if (!quiet) context.display(bundle, options);
    };
    if (shown.profile !== undefined) {
      const report = renderMemoryProfile(shown.profile, { inverted });
      const repeats = repeatsOf(runs, leaks);
      show(repeats === undefined ? report : renderRepeats(report, repeats), live?.finalOptions());
    }
    if (shown.lineProfile !== undefined) show(renderLineProfile(shown.lineProfile));
    if (shown.profile !== undefined && "value" in shown.profile) {
      const now = baselineOf(shown.profile.value, new Date());
      comparison = before && { ...before, now };
      if (comparison !== undefined) {
        const bundle = renderMemoryComparison(comparison);
        texts.push(String(bundle["text/plain"]));
        context.display(bundle);
      }
      // What a failed cell cost is no measure for others.
      if (shown.outcome.status === "ok") await keep?.(now);
    }
    for (const target of targets) await put({ runs, shown, leaks, ...(comparison && { comparison }) }, target, context);
    if (textPath !== undefined && texts.length > 0) await writeText(textPath, texts.join("\n\n"), context);
  } catch (error) {
    context.output.stream(
      "stderr",
      `The report could not be made: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
  if (last.outcome.status === "error") return last.outcome;
  return exceededBudget(budget, profilesOf(runs)) ?? last.outcome;
}

/** Puts what was measured where `--output` says. */
async function put(
  {
    runs,
    shown,
    leaks,
    comparison,
  }: {
    readonly runs: readonly MemoryRun[];
    readonly shown: MemoryRun;
    readonly leaks: boolean;
    readonly comparison?: MemoryComparison;
  },
  target: ProfileTarget,
  { bind, output, probe }: MagicContext,
): Promise<void> {
  const { profile, ...run } = shown;
  if (profile === undefined) return;
  try {
    if ("missing" in profile) throw new Error(profile.missing);
    const { pageScriptPath } = probe;
    const written = {
      ...run,
      profile: profile.value,
      ...(comparison && { comparison }),
      ...(pageScriptPath !== undefined && { pageScriptPath }),
    };
    if (target.kind === "file") await writeProfile(target, written);
    else await bindResult(target.name, resultOf(runs, leaks), await encodeSampleTable(run.samples, run.began), bind);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const what = target.kind === "file" ? `${target.path} could not be written` : `${target.name} has no value`;
    output.stream("stderr", `${what}: ${reason}\n`);
  }
}

async function bindResult(
  name: string,
  data: MemoryResultData | undefined,
  samples: Uint8Array,
  bind: MagicContext["bind"],
): Promise<void> {
  if (data === undefined) return;
  const type = 'import("cellscope").MemoryProfile';
  await bind({ name, value: { kind: "result", data: { ...data }, samples }, type });
}

interface Live {
  readonly show: (profile: MemoryProfile) => void;
  /** How the report takes the place of the last picture; nothing when there was none. */
  readonly finalOptions: () => { readonly displayId: string; readonly update: true } | undefined;
}

/**
 * Shows the cell while it runs. A front end that takes no questions (nbclient, nbconvert, nbval, a script) has nobody
 * who watches, and some of these fail on an update of a display: it gets the report alone.
 */
function openLive({ output, display }: MagicContext): Live | undefined {
  if (output.input === undefined || process.env.CELLSCOPE_LIVE === "off") return undefined;
  const displayId = randomUUID();
  let shownAt: number | undefined;
  return {
    show: (profile) => {
      const now = performance.now();
      if (profile.duration < liveAfter || now - (shownAt ?? Number.NEGATIVE_INFINITY) < liveInterval) return;
      display(renderRunningProfile(profile), { displayId, ...(shownAt !== undefined && { update: true }) });
      shownAt = now;
    },
    finalOptions: () => (shownAt === undefined ? undefined : { displayId, update: true }),
  };
}

interface TimeLimit {
  /** The outcome, or that the time was up. */
  readonly outcomeOf: (outcome: Outcome) => Outcome;
  /** Goes with the watch: the time is that of the code, without what is done before and after it to measure it. */
  readonly watch: Pick<ProbeWatch, "onRun">;
  readonly clear: () => void;
}

function limitTime(timeout: number | undefined, { interrupt, output }: MagicContext): TimeLimit {
  let expired = false;
  const stop = () => {
    expired = true;
    interrupt().catch((error: unknown) => output.stream("stderr", `The code could not be stopped: ${String(error)}\n`));
  };
  let timer: NodeJS.Timeout | undefined;
  const onRun = (isRunning: boolean) => {
    clearTimeout(timer);
    if (isRunning) timer = setTimeout(stop, timeout);
  };
  return {
    watch: timeout === undefined ? {} : { onRun },
    outcomeOf: (outcome) => {
      if (!expired || outcome.status === "ok") return outcome;
      const evalue = `the code was stopped after ${timeout} ms, as --timeout says`;
      return { status: "error", error: { ename: "TimeoutError", evalue, traceback: [`TimeoutError: ${evalue}`] } };
    },
    clear: () => clearTimeout(timer),
  };
}
