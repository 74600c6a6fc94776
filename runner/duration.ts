import { RunnerError } from "./errors.js";

const units = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** The longest time that a timer of Node can wait. */
const longest = 2 ** 31 - 1;

/** Reads a time limit as `30`, `30s`, `500ms`, `2m`, `1h`; a bare number is seconds, as for nbclient. `name` names it in errors. */
export function parseTimeLimit(text: string, name: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  const time = match ? Number(match[1]) * (units.get(match[2] ?? "s") ?? 0) : 0;
  if (time > 0 && time <= longest) return time;
  throw new RunnerError(
    `${name} must be a time above zero and under 24 days, such as 30, 30s, 500ms or 2m; got "${text}".`,
  );
}
/** A time limit for people: `500 ms`, `30 s`, `2 min`. */
export function formatLimit(time: number): string {
  if (time < 1000) return `${time} ms`;
  if (time < 60_000 || time % 60_000 !== 0) return `${time / 1000} s`;
  return `${time / 60_000} min`;
}
