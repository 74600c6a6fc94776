import type { Outcome } from "../kernel/interpreter.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import { formatBytes, formatDuration } from "../report/format.js";
import { longSpelling } from "./dispatch/option-values.js";

/** What a cell may cost; sizes are bytes, times milliseconds. */
export interface Budget {
  readonly maxPeak: number | undefined;
  readonly maxIncrement: number | undefined;
  readonly maxKept: number | undefined;
  readonly maxTime: number | undefined;
}

interface Check {
  readonly option: keyof Budget;
  readonly what: string;
  readonly limit: number | undefined;
  readonly figureOf: (profile: MemoryProfile) => number | undefined;
  readonly format: (value: number) => string;
}

/** The failure of code that cost more than it may; `undefined` when every run stayed within the budget. */
export function exceededBudget(
  budget: Budget,
  profiles: readonly MemoryProfile[],
  spell: (option: keyof Budget) => string = longSpelling,
): Outcome | undefined {
  const failures = checksOf(budget).flatMap((check) => checkOne(check, profiles, spell(check.option)));
  if (failures.length === 0) return undefined;
  const evalue = failures.join("; ");
  return { status: "error", error: { ename: "BudgetExceeded", evalue, traceback: [`BudgetExceeded: ${evalue}`] } };
}

function checksOf({ maxPeak, maxIncrement, maxKept, maxTime }: Budget): readonly Check[] {
  return [
    { option: "maxPeak", what: "the peak", limit: maxPeak, figureOf: ({ peak }) => peak.rss, format: formatBytes },
    {
      option: "maxIncrement",
      what: "the increment",
      limit: maxIncrement,
      figureOf: ({ increment }) => increment,
      format: formatBytes,
    },
    {
      option: "maxKept",
      what: "what was kept",
      limit: maxKept,
      figureOf: ({ kept, baseline }) => (kept === undefined ? undefined : kept.rss - baseline.rss),
      format: formatBytes,
    },
    {
      option: "maxTime",
      what: "the time",
      limit: maxTime,
      figureOf: ({ duration }) => duration,
      format: formatDuration,
    },
  ];
}

function checkOne(
  { what, limit, figureOf, format }: Check,
  profiles: readonly MemoryProfile[],
  option: string,
): string[] {
  if (limit === undefined) return [];
  const figures = profiles.map(figureOf);
  const known = figures.filter((figure) => figure !== undefined);
  // A budget of which nobody knows whether it was kept was not kept.
  if (known.length < figures.length || known.length === 0)
    return [`${what} could not be measured, ${option} asks for it`];
  const most = Math.max(...known);
  return most > limit ? [`${what}, ${format(most)}, is above ${option} ${format(limit)}`] : [];
}
