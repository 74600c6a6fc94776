// Messages of a kernel become the outputs of the cells that caused them. Pure but for the cells given to it.
import type { Content } from "../kernel/protocol/messages.js";
import { formatBytes } from "../report/format.js";
import type { CellOutput, CodeCell, Metadata } from "./nbformat.js";

/** What a message on iopub says, as far as outputs are concerned. */
export interface OutputMessage {
  readonly header: { readonly msg_type: string };
  readonly content: Content;
}

/** An output that is new or has changed. */
export interface ChangedOutput {
  readonly output: CellOutput;
  /** What a stream has got in addition. */
  readonly added?: string;
}

/** How much of what a cell shows is kept. */
export interface OutputLimit {
  /** Bytes for each cell; what is beyond is left out, and the cell says so. */
  readonly limit?: number;
  /** Told once for each cell whose output is cut. */
  readonly onCut?: (cell: CodeCell) => void;
}

/** A value that the cell ends with is kept up to this size even when its output is full: it is often what the run is for. */
const keptResult = 1024 * 1024;

/** Collects the outputs of one run: a display that has an id may be updated from any later cell. */
export class OutputCollector {
  readonly #limit: number;
  readonly #onCut: (cell: CodeCell) => void;
  readonly #sizes = new Map<CodeCell, number>();
  /** What was left out of the cells whose output was cut, and the output that says so. */
  readonly #cuts = new Map<CodeCell, { readonly note: StreamOutput; leftOut: number }>();
  readonly #displays = new Map<string, { cell: CodeCell; output: DataOutput }[]>();
  /** Cells that are cleared when their next output arrives. */
  readonly #toClear = new Set<CodeCell>();

  constructor({ limit = Infinity, onCut = () => undefined }: OutputLimit = {}) {
    this.#limit = limit;
    this.#onCut = onCut;
  }

  /** Takes one message caused by `cell`; returns the output that is new or has changed, when there is one. */
  add(cell: CodeCell, { header, content }: OutputMessage): ChangedOutput | undefined {
    switch (header.msg_type) {
      case "stream":
        return this.#addStream(cell, String(content.name), String(content.text));
      case "display_data":
        return this.#addDisplay(cell, { output_type: "display_data", ...bundleOf(content) }, content);
      case "execute_result": {
        const count = typeof content.execution_count === "number" ? content.execution_count : null;
        const output = { output_type: "execute_result", ...bundleOf(content), execution_count: count } as const;
        return this.#addDisplay(cell, output, content);
      }
      case "update_display_data":
        return this.#update(displayIdOf(content), content);
      case "error": {
        const traceback = Array.isArray(content.traceback) ? content.traceback.map(String) : [];
        return this.#append(cell, {
          output_type: "error",
          ename: String(content.ename),
          evalue: String(content.evalue),
          traceback,
        });
      }
      case "clear_output":
        if (content.wait === true) this.#toClear.add(cell);
        else this.#clear(cell);
        return undefined;
      default:
        return undefined;
    }
  }

  #addStream(cell: CodeCell, name: string, text: string): ChangedOutput | undefined {
    this.#clearIfDue(cell);
    const added = this.#takeText(cell, text);
    if (added === "") return this.#cut(cell, Buffer.byteLength(text));
    const last = cell.outputs.at(-1);
    let changed: ChangedOutput;
    if (last?.output_type === "stream" && last.name === name) {
      last.text += added;
      changed = { output: last, added };
    } else changed = { ...this.#append(cell, { output_type: "stream", name, text: added }), added };
    if (added.length < text.length) this.#cut(cell, Buffer.byteLength(text) - Buffer.byteLength(added));
    return changed;
  }

  #addDisplay(cell: CodeCell, output: DataOutput, content: Content): ChangedOutput | undefined {
    const id = displayIdOf(content);
    // A display shown again under the same id changes those shown before, as in JupyterLab.
    this.#update(id, content);
    this.#clearIfDue(cell);
    const size = this.#limit === Infinity ? 0 : Buffer.byteLength(JSON.stringify(output.data));
    const isSmallResult = output.output_type === "execute_result" && size <= keptResult;
    const used = this.#sizes.get(cell) ?? 0;
    if (used + size > this.#limit && !isSmallResult) return this.#cut(cell, size);
    this.#sizes.set(cell, used + size);
    cell.outputs.push(output);
    if (id !== undefined) this.#displays.set(id, [...(this.#displays.get(id) ?? []), { cell, output }]);
    return { output };
  }

  #update(id: string | undefined, content: Content): ChangedOutput | undefined {
    const shown = id === undefined ? [] : (this.#displays.get(id) ?? []);
    for (const { output } of shown) Object.assign(output, bundleOf(content));
    return shown[0] && { output: shown[0].output };
  }

  /** What of a text still fits into the cell. */
  #takeText(cell: CodeCell, text: string): string {
    if (this.#limit === Infinity) return text;
    const used = this.#sizes.get(cell) ?? 0;
    const left = this.#cuts.has(cell) ? 0 : this.#limit - used;
    const size = Buffer.byteLength(text);
    if (size <= left) {
      this.#sizes.set(cell, used + size);
      return text;
    }
    this.#sizes.set(cell, this.#limit);
    // A character that does not fit whole is left out.
    return Buffer.from(text)
      .subarray(0, Math.max(0, left))
      .toString("utf8")
      .replace(/\ufffd+$/, "");
  }

  /** Notes that something was left out, in an output of the cell itself. */
  #cut(cell: CodeCell, size: number): ChangedOutput | undefined {
    const cut = this.#cuts.get(cell) ?? { note: { output_type: "stream", name: "stderr", text: "" }, leftOut: 0 };
    const isFirst = cut.leftOut === 0;
    cut.leftOut += size;
    cut.note.text = `\n[cellscope: this cell showed more than ${formatBytes(this.#limit)}; ${formatBytes(cut.leftOut)} more were left out. --output-limit SIZE keeps more.]\n`;
    if (!isFirst) return undefined;
    this.#cuts.set(cell, cut);
    cell.outputs.push(cut.note);
    this.#onCut(cell);
    return { output: cut.note, added: cut.note.text };
  }

  #append(cell: CodeCell, output: CellOutput): ChangedOutput {
    this.#clearIfDue(cell);
    cell.outputs.push(output);
    return { output };
  }

  #clearIfDue(cell: CodeCell): void {
    if (this.#toClear.has(cell)) this.#clear(cell);
  }

  #clear(cell: CodeCell): void {
    this.#toClear.delete(cell);
    this.#sizes.delete(cell);
    this.#cuts.delete(cell);
    cell.outputs = [];
    for (const [id, shown] of this.#displays) {
      this.#displays.set(
        id,
        shown.filter((display) => display.cell !== cell),
      );
    }
  }
}

type StreamOutput = Extract<CellOutput, { output_type: "stream" }>;
type DataOutput = Extract<CellOutput, { data: unknown }>;

function bundleOf(content: Content): { data: Record<string, unknown>; metadata: Metadata } {
  return { data: recordOf(content.data), metadata: recordOf(content.metadata) };
}

function displayIdOf(content: Content): string | undefined {
  const id = recordOf(content.transient).display_id;
  return typeof id === "string" ? id : undefined;
}

/** A copy: two displays of one id are two outputs. */
function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
