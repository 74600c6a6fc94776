import { RunnerError } from "../errors.js";
import type { DeclaredParameter, ParameterLanguage } from "./language.js";

/** Parameters as Python, as papermill writes them. */
export const pythonParameters: ParameterLanguage = {
  comment: "#",
  async findDeclared(source) {
    return [...source.matchAll(/^([^\W\d]\w*)\s*(?::\s*([^=#\n]+?))?\s*=(?!=)/gmu)].map(
      ([, name = "", type]): DeclaredParameter => ({ name, ...(type !== undefined && { type }) }),
    );
  },
  formatAssignment: (name, value) => `${name} = ${formatValue(name, value)}`,
};

function formatValue(name: string, value: unknown): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : `float("${value}")`;
  if (Array.isArray(value)) return `[${value.map((item) => formatValue(name, item)).join(", ")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${formatValue(name, item)}`);
    return `{${entries.join(", ")}}`;
  }
  throw new RunnerError(`The parameter ${name} has a value that cannot be written in Python: ${String(value)}.`);
}
