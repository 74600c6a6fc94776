// Messages of a kernel become the outputs of the cells that caused them. Pure but for the cells given to it.
import type { Content } from "../kernel/protocol/messages.js";
import type { CellOutput, CodeCell, Metadata } from "./nbformat.js";

/** What a message on iopub says, as far as outputs are concerned. */
export interface OutputMessage {
  readonly header: { readonly msg_type: string };
  readonly content: Content;
}

/** Collects the outputs of one run: a display that has an id may be updated from any later cell. */
export class OutputCollector {
  readonly #displays = new Map<string, { cell: CodeCell; output: DataOutput }[]>();
  /** Cells that are cleared when their next output arrives. */
  readonly #toClear = new Set<CodeCell>();

  /** Takes one message caused by `cell`; returns the output that is new or has changed, when there is one. */
  add(cell: CodeCell, { header, content }: OutputMessage): CellOutput | undefined {
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

  #addStream(cell: CodeCell, name: string, text: string): CellOutput {
    this.#clearIfDue(cell);
    const last = cell.outputs.at(-1);
    if (last?.output_type !== "stream" || last.name !== name) {
      return this.#append(cell, { output_type: "stream", name, text });
    }
    last.text += text;
    return last;
  }

  #addDisplay(cell: CodeCell, output: DataOutput, content: Content): CellOutput {
    const id = displayIdOf(content);
    // A display shown again under the same id changes those shown before, as in JupyterLab.
    this.#update(id, content);
    this.#append(cell, output);
    if (id !== undefined) this.#displays.set(id, [...(this.#displays.get(id) ?? []), { cell, output }]);
    return output;
  }

  #update(id: string | undefined, content: Content): CellOutput | undefined {
    const shown = id === undefined ? [] : (this.#displays.get(id) ?? []);
    for (const { output } of shown) Object.assign(output, bundleOf(content));
    return shown[0]?.output;
  }

  #append(cell: CodeCell, output: CellOutput): CellOutput {
    this.#clearIfDue(cell);
    cell.outputs.push(output);
    return output;
  }

  #clearIfDue(cell: CodeCell): void {
    if (this.#toClear.has(cell)) this.#clear(cell);
  }

  #clear(cell: CodeCell): void {
    this.#toClear.delete(cell);
    cell.outputs = [];
    for (const [id, shown] of this.#displays) {
      this.#displays.set(
        id,
        shown.filter((display) => display.cell !== cell),
      );
    }
  }
}

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
