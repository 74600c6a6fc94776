// The one normaliser of outputs: what depends on the machine and on the moment is taken out, the rest stays as it is.
// docs/running-headless.md lists the rules.
import { createHash } from "node:crypto";
import { stripVTControlCharacters } from "node:util";
import { type CellOutput, type CodeCell, tagsOf } from "../nbformat.js";
import { applyPattern, type TextPattern } from "./patterns.js";

/** What a user adds to the rules. */
export interface NormalizeOptions {
  readonly patterns?: readonly TextPattern[];
  /** MIME types that are left out. */
  readonly ignore?: readonly string[];
}

/** One output as far as it must be the same in every run. */
export interface NormalOutput {
  /** `stdout`, `stderr`, `error`, `display_data` or `execute_result`. */
  readonly kind: string;
  /** Texts by MIME type; `text` of a stream and of an error. */
  readonly parts: Readonly<Record<string, string>>;
}

/** A cell with this tag shows figures that differ from run to run. */
const measuredTag = "measured";

/** Normalises the outputs of a cell: each stream in one piece, then the others in their order. */
export function normalizeOutputs(cell: CodeCell, options: NormalizeOptions = {}): NormalOutput[] {
  const text = (value: string): string => {
    const plain = (options.patterns ?? []).reduce(applyPattern, toPlainText(value));
    return normalizeText(plain, { measured: tagsOf(cell).includes(measuredTag) });
  };
  const streams = new Map<string, string>();
  for (const output of cell.outputs) {
    if (output.output_type !== "stream") continue;
    streams.set(output.name, (streams.get(output.name) ?? "") + output.text);
  }
  return [
    ...[...streams]
      .sort(([one], [other]) => (one < other ? 1 : -1))
      .map(([kind, value]) => ({ kind, parts: { text: text(value) } }))
      .filter(({ parts }) => parts.text !== ""),
    ...cell.outputs
      .filter((output) => output.output_type !== "stream")
      .map((output) => normalizeOutput(output, text, options.ignore ?? [])),
  ];
}

/** Normalises a text; in a measured one every figure becomes `#`. What is normal stays as it is. */
export function normalizeText(value: string, { measured = false }: { readonly measured?: boolean } = {}): string {
  const text = momentRules.reduce((before, [regex, by]) => before.replace(regex, by), toPlainText(value));
  const figures = measured ? measuredRules : figureRules;
  return figures
    .reduce((before, [regex, by]) => before.replace(regex, by), text.replace(absolutePath, shortenPath))
    .replace(/[^\S\n]+$/gm, "")
    .trimEnd();
}

type Rule = readonly [regex: RegExp, by: string];

/** What is not a figure of the result: moments, addresses, ids, ports. */
const momentRules: readonly Rule[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)\b)?/g, "<time>"],
  [
    /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?:[A-Z][a-z]{2} {1,2}\d\d?|\d\d? [A-Z][a-z]{2})(?: \d{4})? \d\d:\d\d:\d\d(?: [A-Z]{3,4})?(?:[+-]\d{4})?(?: \([^)\n]*\))?(?: \d{4})?/g,
    "<time>",
  ],
  [/(?<![\d:.])\d\d?:\d\d:\d\d(?:[.,]\d+)?(?![\d:])/g, "<time>"],
  [/\b0x[0-9a-f]{6,}\b/gi, "<address>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  [/("(?:model_id|comm_id)": ")[0-9a-f]{32}"/g, '$1<id>"'],
  [/\b(pid:?[ =]?)\d+\b/gi, "$1<id>"],
  [/\b(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):\d+\b/g, "$1:<port>"],
];

const number = "(?<![\\w.])\\d[\\d,]*(?:\\.\\d+)?";
const timeUnit = "(?:ns|µs|μs|us|ms|s|secs?|seconds?|min)";

const figureRules: readonly Rule[] = [
  [new RegExp(`${number}\\s?${timeUnit}(?![\\w-])(?: \\d+(?:\\.\\d+)? ?(?:s|ms)(?![\\w-]))?`, "g"), "<time>"],
  [new RegExp(`${number}\\s?(?:[kKMGTP]i?B|bytes)(?![\\w-])`, "g"), "<size>"],
];

/** Figures with their unit, and padding that depended on their width. */
const measuredRules: readonly Rule[] = [
  // Pictures in a page, and curves of blocks: they are drawn from figures, and a short cell has no curve.
  [/\bdata:image\/[\w.+-]+;base64,[\w+/=]+/g, "<image>"],
  [/(?: ·)?[^\S\n]*[▁▂▃▄▅▆▇█]{2,}/g, ""],
  [/(?:~|(?<=^|\s)\?)?\d[\d,]*(?:\.\d+)?(?:\s?(?:[kKMGT]i?B|bytes|µs|ms|s|min|h|%)(?![A-Za-z]))?\+?/gm, "#"],
  [/(^|[\s~(])[-−+](?=#)/gm, "$1"],
  [/ {2,}/g, " "],
];

const roots = "home|Users|root|tmp|private|var|usr|opt|mnt|media|srv|work|workspaces?|builds|github";
const absolutePath = new RegExp(
  `(?<![\\w.:/~>-])(?:file://)?(?:/(?:${roots})|/?[A-Za-z]:)(?:(?:\\\\{1,2}|/)[^\\s"'\`<>|:*?,;()[\\]{}\\\\/]+)+[\\\\/]?`,
  "g",
);
const temporaryName = /^(?:\/private)?(?:\/tmp|\/var\/tmp|\/var\/folders\/[^/]+\/[^/]+\/T)\/[^/]+$|\\Temp\\+[^\\]+$/;

/** Keeps the name at the end: `<path>/data.csv`. What lies in a folder for temporary files has a name of the moment. */
function shortenPath(path: string): string {
  const [, whole = "", end = ""] = /^([\s\S]*?)([\\/]?)$/.exec(path.replace(/^file:\/\//, "")) ?? [];
  if (temporaryName.test(whole)) return `<path>${end && "/"}`;
  return `<path>/${whole.split(/[\\/]+/).at(-1) ?? ""}${end && "/"}`;
}

/** Without colours, and as a terminal would leave a line that was written over. */
function toPlainText(value: string): string {
  return stripVTControlCharacters(value)
    .replaceAll("\r\n", "\n")
    .replace(/[^\n]*\r(?=[^\n])/g, "")
    .replaceAll("\r", "");
}

function normalizeOutput(
  output: Exclude<CellOutput, { output_type: "stream" }>,
  text: (value: string) => string,
  ignore: readonly string[],
): NormalOutput {
  if (output.output_type === "error") {
    return { kind: "error", parts: { text: text(`${output.ename}: ${output.evalue}`) } };
  }
  const types = Object.keys(output.data)
    .filter((type) => !ignore.includes(type))
    .sort();
  const isReport = types.some((type) => type.startsWith("application/vnd.cellscope."));
  const parts = types.map((type) => [
    type,
    isReport ? normalizeReport(type, output.data) : normalizePart(type, output.data[type], text),
  ]);
  return { kind: output.output_type, parts: Object.fromEntries(parts) };
}

/** Of a report of measurements its kinds of content stay and, of a memory profile, the words of the first line. */
function normalizeReport(type: string, data: Readonly<Record<string, unknown>>): string {
  const isProfile = "application/vnd.cellscope.profile.v1+json" in data;
  if (type !== "text/plain" || !isProfile) return "a report of measurements";
  return normalizeText(String(data[type]).split("\n")[0] ?? "", { measured: true });
}

function normalizePart(type: string, value: unknown, text: (value: string) => string): string {
  if (typeof value !== "string") return text(JSON.stringify(sortKeys(value), null, 1) ?? "");
  if (type === "image/svg+xml") return describeImage(type, Buffer.from(text(value)));
  if (type.startsWith("image/")) return describeImage(type, Buffer.from(value, "base64"));
  return text(value);
}

function describeImage(type: string, bytes: Buffer): string {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  // The header of a PNG: width and height stand at 16 and 20.
  const isPng = type === "image/png" && bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47;
  const shape = isPng ? `${bytes.readUInt32BE(16)} × ${bytes.readUInt32BE(20)} pixels, ` : "";
  return `${shape}${bytes.length} bytes, sha256 ${hash}`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
