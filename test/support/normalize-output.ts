// Makes two runs of a notebook comparable: what depends on the machine and on the moment is taken out, the rest
// stays as it is.
import type { ICodeCell, IOutput } from "@jupyterlab/nbformat";

/** A cell with this tag prints figures that differ from run to run. */
const measuredTag = "measured";

/** A code cell as far as it must be the same in every run. */
export interface NormalCell {
  readonly source: string;
  readonly executionCount: unknown;
  readonly outputs: readonly unknown[];
}

/** Normalises one code cell. */
export function normalizeCell(cell: ICodeCell): NormalCell {
  const { tags = [] } = cell.metadata;
  return {
    source: joined(cell.source),
    executionCount: cell.execution_count,
    outputs: cell.outputs.map((output) => normalizeOutput(output, { measured: tags.includes(measuredTag) })),
  };
}

/**
 * Normalises one output: reports of measurements keep their kinds of content and, of a memory profile, the first
 * line; in a measured cell, every figure of other text becomes `#`; the rest is kept whole.
 */
export function normalizeOutput(output: IOutput, { measured = false }: { readonly measured?: boolean } = {}): unknown {
  const text = (value: unknown) => (measured ? withoutFigures(joined(value)) : joined(value));
  switch (output.output_type) {
    case "stream":
      return { output_type: output.output_type, name: output.name, text: text(output.text) };
    case "error":
      return { output_type: output.output_type, ename: output.ename, evalue: output.evalue };
    case "display_data":
    case "execute_result": {
      const data = output.data as Readonly<Record<string, unknown>>;
      const types = Object.keys(data).sort();
      if (!types.some((type) => type.startsWith("application/vnd.cellscope."))) {
        return {
          output_type: output.output_type,
          data: Object.fromEntries(types.map((type) => [type, text(data[type])])),
        };
      }
      // Which limits hold and how many lines a report has differs from machine to machine.
      const [first = ""] = joined(data["text/plain"]).split("\n");
      const isProfile = types.includes("application/vnd.cellscope.profile.v1+json");
      return { output_type: output.output_type, types, ...(isProfile && { first: withoutFigures(first) }) };
    }
    default:
      return output;
  }
}

/** Text of a notebook file, where several lines may stand as a list; JSON as its text. */
function joined(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((line) => typeof line === "string")) return value.join("");
  return JSON.stringify(value) ?? "";
}

/** Figures, with their unit, as `#`; padding that depended on their width as one blank. */
function withoutFigures(text: string): string {
  return text
    .replaceAll(/~?\d[\d,]*(?:\.\d+)?(?:\s?(?:[KMGT]i?B|bytes|µs|ms|s|min|h|%)(?![A-Za-z]))?\+?/g, "#")
    .replaceAll(/ {2,}/g, " ");
}
