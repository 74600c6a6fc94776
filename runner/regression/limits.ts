import { RunnerError } from "../errors.js";
import { readQuantity } from "../quantity.js";
import { readSize } from "../size.js";
import { findMetric, type Metric, type MetricName, type MetricUnit, metrics } from "./metrics.js";

/** The most that each metric may be: bytes, milliseconds, or so many. */
export type Limits = Readonly<Partial<Record<MetricName, number>>>;

const timeUnits = new Map([
  ["", 1],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
]);

/** Reads limits such as `{"peak": "500MiB", "time": "30s"}`; numbers are bytes, milliseconds, or so many. `name` names them in errors. */
export function parseLimits(value: unknown, name: string): Limits {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RunnerError(`${name} must be limits such as {"peak": "500MiB"}, got ${JSON.stringify(value)}.`);
  }
  const entries = Object.entries(value).map(([key, limit]) => {
    const metric = findMetric(key);
    if (!metric) {
      const known = metrics.map((known) => known.name).join(", ");
      throw new RunnerError(`${name} limits "${key}"; what can be limited is: ${known}.`);
    }
    return [key, parseLimit(metric, limit, `${name}.${key}`)];
  });
  return Object.fromEntries(entries);
}

function parseLimit({ unit }: Metric, value: unknown, name: string): number {
  if (typeof value === "number" && value >= 0) return value;
  const text = typeof value === "string" ? value : "";
  const limit = readers[unit](text);
  if (limit !== undefined) return limit;
  throw new RunnerError(`${name} must be ${rightLimits[unit]}, got ${JSON.stringify(value)}.`);
}

const readers: Readonly<Record<MetricUnit, (text: string) => number | undefined>> = {
  ms: (text) => readQuantity(text, timeUnits),
  bytes: readSize,
  count: () => undefined,
};

const rightLimits: Readonly<Record<MetricUnit, string>> = {
  ms: 'a time such as "30s" or 500 (milliseconds)',
  bytes: 'a size such as "500MiB" or 1024 (bytes)',
  count: "a number such as 10",
};
