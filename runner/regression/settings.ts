// `cellscope.json`: limits for notebooks and their cells, and what counts as a change.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { messageOf, RunnerError } from "../errors.js";
import { type TextPattern, toPattern } from "../outputs/patterns.js";
import { type Limits, parseLimits } from "./limits.js";
import { findMetric, type MetricName, metrics, type Tolerance } from "./metrics.js";

/** Limits for the notebooks that fit a pattern. */
export interface BudgetRule {
  /** Absolute paths. */
  readonly notebooks: ReadonlySet<string>;
  /** For the notebook as a whole. */
  readonly notebook: Limits;
  /** For each of its cells. */
  readonly everyCell: Limits;
  /** For single cells, by their id or one of their tags. */
  readonly cells: ReadonlyMap<string, Limits>;
}

/** What a settings file says. */
export interface RunSettings {
  readonly budgets: readonly BudgetRule[];
  readonly tolerances: Readonly<Partial<Record<MetricName, Partial<Tolerance>>>>;
  /** For comparing outputs. */
  readonly compare: { readonly patterns: readonly TextPattern[]; readonly ignore: readonly string[] };
}

/** What holds when there is no file. */
export const noSettings: RunSettings = { budgets: [], tolerances: {}, compare: { patterns: [], ignore: [] } };

/** Reads a settings file; throws a `RunnerError` that names the field that is wrong. Patterns are relative to its folder. */
export async function readSettings(path: string): Promise<RunSettings> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new RunnerError(`The settings ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  const { budgets = [], tolerances = {}, compare = {}, ...others } = toObject(value, path, "the file");
  refuseOthers(others, path, ["budgets", "tolerances", "compare"]);
  if (!Array.isArray(budgets)) throw wrong(path, "budgets", "a list", budgets);
  const rules = await Promise.all(budgets.map((rule: unknown, index) => parseRule(rule, `budgets[${index}]`, path)));
  return {
    budgets: rules,
    tolerances: parseTolerances(toObject(tolerances, path, "tolerances"), path),
    compare: parseCompare(toObject(compare, path, "compare"), path),
  };
}

function parseCompare(values: Readonly<Record<string, unknown>>, path: string): RunSettings["compare"] {
  const { sanitize = [], ignore = [], ...others } = values;
  refuseOthers(others, `${path}: compare`, ["sanitize", "ignore"]);
  if (!Array.isArray(ignore) || !ignore.every((type) => typeof type === "string")) {
    throw wrong(path, "compare.ignore", "a list of MIME types", ignore);
  }
  if (!Array.isArray(sanitize)) throw wrong(path, "compare.sanitize", "a list", sanitize);
  const patterns = sanitize.map((value: unknown, index) => {
    const where = `compare.sanitize[${index}]`;
    const { regex, replace, ...unknown } = toObject(value, path, where);
    refuseOthers(unknown, `${path}: ${where}`, ["regex", "replace"]);
    if (typeof regex !== "string") throw wrong(path, `${where}.regex`, "a regular expression", regex);
    if (typeof replace !== "string") throw wrong(path, `${where}.replace`, "a text", replace);
    return toPattern(regex, replace, `${path}: ${where}.regex`);
  });
  return { patterns, ignore };
}

async function parseRule(value: unknown, where: string, path: string): Promise<BudgetRule> {
  const rule = toObject(value, path, where);
  const { notebooks = "**/*.ipynb", notebook = {}, everyCell = {}, cells = {}, ...others } = rule;
  refuseOthers(others, `${path}: ${where}`, ["notebooks", "notebook", "everyCell", "cells"]);
  const patterns = typeof notebooks === "string" ? [notebooks] : notebooks;
  if (!Array.isArray(patterns) || !patterns.every((pattern) => typeof pattern === "string")) {
    throw wrong(path, `${where}.notebooks`, "a pattern or a list of patterns", notebooks);
  }
  const cwd = dirname(resolve(path));
  const { glob } = await import("tinyglobby");
  const files = await glob(patterns, { cwd, absolute: true, expandDirectories: false, ignore: ["**/node_modules/**"] });
  return {
    notebooks: new Set(files.map((file) => resolve(file))),
    notebook: parseLimits(notebook, `${path}: ${where}.notebook`),
    everyCell: parseLimits(everyCell, `${path}: ${where}.everyCell`),
    cells: new Map(
      Object.entries(toObject(cells, path, `${where}.cells`)).map(([key, limits]) => [
        key,
        parseLimits(limits, `${path}: ${where}.cells.${key}`),
      ]),
    ),
  };
}

function parseTolerances(values: Readonly<Record<string, unknown>>, path: string): RunSettings["tolerances"] {
  const entries = Object.entries(values).map(([name, value]) => {
    const where = `tolerances.${name}`;
    if (!findMetric(name)) {
      throw wrong(path, where, `one of ${metrics.map((metric) => metric.name).join(", ")}`, name);
    }
    const { relative, absolute, ...others } = toObject(value, path, where);
    refuseOthers(others, `${path}: ${where}`, ["relative", "absolute"]);
    for (const [key, number] of Object.entries({ relative, absolute })) {
      const isRight = number === undefined || (typeof number === "number" && number >= 0);
      if (!isRight) throw wrong(path, `${where}.${key}`, "a number from 0", number);
    }
    return [name, { ...(relative !== undefined && { relative }), ...(absolute !== undefined && { absolute }) }];
  });
  return Object.fromEntries(entries);
}

function refuseOthers(others: Readonly<Record<string, unknown>>, where: string, known: readonly string[]): void {
  const [name] = Object.keys(others);
  if (name !== undefined) throw new RunnerError(`${where} has no field "${name}"; there are: ${known.join(", ")}.`);
}

function toObject(value: unknown, path: string, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, where, "an object", value);
  // It is an object, no array and not null.
  return value as Readonly<Record<string, unknown>>;
}

function wrong(path: string, where: string, right: string, value: unknown): RunnerError {
  return new RunnerError(`${path}: ${where} must be ${right}, got ${JSON.stringify(value) ?? "nothing"}.`);
}
