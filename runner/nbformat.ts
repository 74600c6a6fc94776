// Notebooks of nbformat 4: read, brought to 4.5, and written byte for byte as Python's `nbformat.write` does.
import { createHash } from "node:crypto";
import { RunnerError } from "./errors.js";
import { describeJsonError } from "./json-error.js";
import { ExactNumber, formatPythonJson, parsePythonJson } from "./python-json.js";

/** What a notebook, a cell or an output says about itself. */
export type Metadata = Record<string, unknown>;

/** One output of a code cell, as it stands in the notebook. */
export type CellOutput =
  | { output_type: "stream"; name: string; text: string }
  | { output_type: "display_data"; data: Record<string, unknown>; metadata: Metadata }
  | {
      output_type: "execute_result";
      data: Record<string, unknown>;
      metadata: Metadata;
      execution_count: number | null;
    }
  | { output_type: "error"; ename: string; evalue: string; traceback: string[] };

/** A cell that is run. */
export interface CodeCell {
  cell_type: "code";
  id: string;
  metadata: Metadata;
  source: string;
  execution_count: number | null;
  outputs: CellOutput[];
}

/** A cell that is only read. */
export interface TextCell {
  cell_type: "markdown" | "raw";
  id: string;
  metadata: Metadata;
  source: string;
  attachments?: Record<string, Record<string, unknown>>;
}

/** A cell of a notebook. */
export type Cell = CodeCell | TextCell;

/** A notebook of nbformat 4.5 or a later 4, with texts in one piece. */
export interface Notebook {
  nbformat: 4;
  nbformat_minor: number;
  metadata: Metadata;
  cells: Cell[];
}

/** Reads the text of a notebook; `name` only names it in errors. Throws a `RunnerError` that says where it is wrong. */
export function parseNotebook(text: string, name: string): Notebook {
  const file = toObject(parseJson(text.replace(/^\ufeff/, ""), name), name, "a notebook");
  const minor = checkVersion(file, name);
  const metadata = { ...toObject(file.metadata ?? {}, name, "metadata") };
  for (const transient of ["orig_nbformat", "orig_nbformat_minor", "signature"]) delete metadata[transient];
  if (!Array.isArray(file.cells)) throw wrong(name, "cells", "a list", file.cells);
  const ids = new Set<string>();
  const cells = file.cells.map((cell: unknown, index) => parseCell(cell, index, name, ids));
  return { ...file, nbformat: 4, nbformat_minor: Math.max(minor, 5), metadata, cells };
}

/** Writes a notebook as Python's `nbformat.write` does. */
export function formatNotebook(notebook: Notebook): string {
  const { before, after } = formatFrame(notebook);
  return `${before}${notebook.cells.map(formatCell).join(betweenCells)}${after}`;
}

/** One cell as it stands in the file of its notebook. */
export function formatCell(cell: Cell): string {
  return formatPythonJson(splitCell(cell), 2);
}

/** What stands between two cells in the file of a notebook. */
export const betweenCells = ",\n  ";

/** What stands before the first cell in the file of a notebook, and after the last one. */
export function formatFrame(notebook: Notebook): { readonly before: string; readonly after: string } {
  // No other text of JSON holds this character as it is.
  const place = "\0";
  const cells = notebook.cells.length === 0 ? [] : [new ExactNumber(place)];
  const [before = "", after = ""] = `${formatPythonJson({ ...notebook, cells })}\n`.split(place);
  return { before, after };
}

/** The tags of a cell. */
export function tagsOf(cell: Cell): readonly string[] {
  const { tags } = cell.metadata;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
}

function parseJson(text: string, name: string): unknown {
  try {
    return parsePythonJson(text);
  } catch (cause) {
    if (text.trim() === "") throw new RunnerError(`${name} is empty: a notebook is a JSON file.`, { cause });
    throw new RunnerError(`${name} is not a notebook, because it is not JSON: ${describeJsonError(text)}.`, { cause });
  }
}

function checkVersion(file: Readonly<Record<string, unknown>>, name: string): number {
  const { nbformat, nbformat_minor: minor = 0 } = file;
  if (typeof nbformat !== "number") {
    throw new RunnerError(`${name} is not a notebook: it has no "nbformat" field, as every notebook has.`);
  }
  if (nbformat < 4) {
    throw new RunnerError(
      `${name} is a notebook of format ${nbformat}; formats 4.0 to 4.5 can be run. ` +
        `Open it in JupyterLab and save it, or run: jupyter nbconvert --to notebook --nbformat 4 ${name}`,
    );
  }
  if (nbformat > 4) {
    throw new RunnerError(`${name} is a notebook of format ${nbformat}; formats 4.0 to 4.5 can be run.`);
  }
  if (typeof minor !== "number") throw wrong(name, "nbformat_minor", "a number", minor);
  return minor;
}

function parseCell(value: unknown, index: number, name: string, ids: Set<string>): Cell {
  const where = `cells[${index}]`;
  const cell = toObject(value, name, where);
  const type = cell.cell_type;
  if (type !== "code" && type !== "markdown" && type !== "raw") {
    throw wrong(name, `${where}.cell_type`, '"code", "markdown" or "raw"', type);
  }
  const source = joinLines(cell.source ?? "");
  if (typeof source !== "string") throw wrong(name, `${where}.source`, "a text or a list of texts", source);
  const metadata = { ...toObject(cell.metadata ?? {}, name, `${where}.metadata`) };
  delete metadata.trusted;
  const common = { ...cell, id: chooseId(cell.id, index, source, ids), metadata, source };
  if (type !== "code") {
    if (cell.attachments === undefined) return { ...common, cell_type: type };
    const attachments = toObject(cell.attachments, name, `${where}.attachments`);
    const joined = Object.entries(attachments).map(([key, bundle]) => [
      key,
      joinBundle(toObject(bundle, name, `${where}.attachments`)),
    ]);
    return { ...common, cell_type: type, attachments: Object.fromEntries(joined) };
  }
  const { outputs = [], execution_count: count = null } = cell;
  if (!Array.isArray(outputs)) throw wrong(name, `${where}.outputs`, "a list", outputs);
  if (count !== null && typeof count !== "number") throw wrong(name, `${where}.execution_count`, "a number", count);
  return {
    ...common,
    cell_type: type,
    execution_count: count,
    outputs: outputs.map((output: unknown, at) => parseOutput(output, name, `${where}.outputs[${at}]`)),
  };
}

function parseOutput(value: unknown, name: string, where: string): CellOutput {
  const output = toObject(value, name, where);
  switch (output.output_type) {
    case "stream": {
      const text = joinLines(output.text ?? "");
      if (typeof text !== "string") throw wrong(name, `${where}.text`, "a text or a list of texts", text);
      const stream = typeof output.name === "string" ? output.name : "stdout";
      return { ...output, output_type: "stream", name: stream, text };
    }
    case "display_data":
    case "execute_result": {
      const data = joinBundle(toObject(output.data ?? {}, name, `${where}.data`));
      const metadata = { ...toObject(output.metadata ?? {}, name, `${where}.metadata`) };
      if (output.output_type === "display_data") return { ...output, output_type: "display_data", data, metadata };
      const count = typeof output.execution_count === "number" ? output.execution_count : null;
      return { ...output, output_type: "execute_result", data, metadata, execution_count: count };
    }
    case "error": {
      const { ename, evalue, traceback } = output;
      const lines = Array.isArray(traceback) ? traceback.map(String) : [];
      return {
        ...output,
        output_type: "error",
        ename: String(ename ?? ""),
        evalue: String(evalue ?? ""),
        traceback: lines,
      };
    }
    default: {
      const kinds = '"stream", "display_data", "execute_result" or "error"';
      throw wrong(name, `${where}.output_type`, kinds, output.output_type);
    }
  }
}

/** Keeps a valid id that no earlier cell has; otherwise makes one from the cell, so that the same notebook gets the same ids. */
function chooseId(given: unknown, index: number, source: string, ids: Set<string>): string {
  let id = typeof given === "string" && /^[a-zA-Z0-9_-]{1,64}$/.test(given) ? given : "";
  for (let attempt = 0; id === "" || ids.has(id); attempt++) {
    id = createHash("sha256").update(`${index} ${attempt}\n${source}`).digest("hex").slice(0, 8);
  }
  ids.add(id);
  return id;
}

function splitCell(cell: Cell): unknown {
  const source = splitLines(cell.source);
  if (cell.cell_type === "code") return { ...cell, source, outputs: cell.outputs.map(splitOutput) };
  if (!cell.attachments) return { ...cell, source };
  const attachments = Object.entries(cell.attachments).map(([key, bundle]) => [key, splitBundle(bundle)]);
  return { ...cell, source, attachments: Object.fromEntries(attachments) };
}

function splitOutput(output: CellOutput): unknown {
  if (output.output_type === "stream") return { ...output, text: splitLines(output.text) };
  if (output.output_type === "error") return output;
  return { ...output, data: splitBundle(output.data) };
}

function splitBundle(bundle: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(bundle).map(([mime, value]) => {
    const isText = mime.startsWith("text/") || mime === "application/javascript" || mime === "image/svg+xml";
    return [mime, isText && typeof value === "string" ? splitLines(value) : value];
  });
  return Object.fromEntries(entries);
}

function joinBundle(bundle: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(bundle).map(([mime, value]) => {
    const isJson = mime === "application/json" || (mime.startsWith("application/") && mime.endsWith("+json"));
    return [mime, isJson ? value : joinLines(value)];
  });
  return Object.fromEntries(entries);
}

function joinLines(value: unknown): unknown {
  return Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("") : value;
}

/** Lines with their ends, where Python's `str.splitlines` ends them. */
function splitLines(text: string): string[] {
  return (
    text.match(/[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])|[\s\S]+$/g) ?? []
  );
}

function toObject(value: unknown, name: string, where: string): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || value instanceof ExactNumber) throw wrong(name, where, "a JSON object", value);
  // It is an object, no array and not null.
  return value as Readonly<Record<string, unknown>>;
}

function wrong(name: string, where: string, right: string, value: unknown): RunnerError {
  const text = JSON.stringify(value) ?? "nothing";
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return new RunnerError(`${name} is not a valid notebook: ${where} must be ${right}, got ${shown}.`);
}
