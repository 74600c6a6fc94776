// The functions that held or allocated the memory, in a table that sorts by any of its columns.
import type { HolderFunction } from "../../profiler/peak-holders.js";
import { formatPercent } from "../format.js";
import { holderWords, isUncertain } from "../memory-profile-holders.js";
import { formatMebibytes } from "../memory-profile-words.js";
import type { StackWords } from "../stack-words.js";
import { element } from "./dom.js";

interface Row {
  readonly cells: readonly (string | number)[];
  readonly uncertain: boolean;
  readonly goneText: string;
}

/** Functions as the table has them. */
export interface ShownFunctions {
  readonly functions: readonly (HolderFunction & { readonly gone?: GoneShare })[];
  /** Bytes that stand on no stack. */
  readonly unseen: number;
}

/** How much of what a function allocated was gone after the cell. */
export interface GoneShare {
  readonly share: number;
  readonly text: string;
}

interface Column {
  readonly title: string;
  readonly number: boolean;
}

const columns: readonly Column[] = [
  { title: "where", number: false },
  { title: "called by", number: false },
  { title: "MiB", number: true },
  { title: "share", number: true },
  { title: "heap", number: true },
  { title: "off heap", number: true },
];
const goneColumn: Column = { title: "gone", number: true };
const sumColumn = 3;
const shareColumn = 4;
const offHeapColumn = 6;

/** Shows the functions of one moment, or of the whole time. */
export class FunctionTable {
  readonly element = element("div", { class: "scroll" });
  readonly #unseen = element("p", { class: "quiet" });
  readonly #head = element("tr");
  readonly #body = element("tbody");
  readonly #onChoose: (name: string) => void;
  readonly #words: StackWords;
  readonly #columns: readonly Column[];
  #rows: readonly Row[] = [];
  #column = sumColumn;
  #descending = true;
  #text = "";

  /** `onChoose` is told the name of a function that somebody wants to see in the graph. */
  constructor(words: StackWords, onChoose: (name: string) => void) {
    this.#onChoose = onChoose;
    this.#words = words;
    const by = { title: `${words.did} by`, number: false };
    this.#columns = [by, ...columns, ...(words.did === "allocated" ? [goneColumn] : [])];
    const caption = element(
      "caption",
      { class: "quiet" },
      "Functions by what they allocated themselves; a click on a name finds it above.",
    );
    caption.style.textAlign = "left";
    this.element.append(
      element("table", { class: "sortable" }, caption, element("thead", {}, this.#head), this.#body),
      this.#unseen,
    );
    for (const [index, { title, number }] of this.#columns.entries()) {
      const button = element("button", { type: "button" }, title);
      button.addEventListener("click", () => this.#sort(index));
      this.#head.append(element("th", { scope: "col", class: number ? "number" : undefined }, button));
    }
  }

  /** Shows another moment. */
  show({ functions, unseen }: ShownFunctions): void {
    this.#unseen.hidden = unseen === 0;
    this.#unseen.textContent = `${formatMebibytes(unseen)} MiB more were ${this.#words.did} and are on no stack that was seen.`;
    const whole = functions.reduce((sum, { heap, offHeap }) => sum + heap + offHeap, 0);
    this.#rows = functions.map((each) => ({
      cells: cellsOf(each, whole),
      uncertain: isUncertain(each.offHeap, each.uncertain),
      goneText: each.gone?.text ?? "",
    }));
    this.#draw();
  }

  /** Marks the functions with the text in their names. */
  search(text: string): void {
    this.#text = text.trim().toLowerCase();
    this.#draw();
  }

  #sort(column: number): void {
    // The largest figures are what one looks for, and words begin with A.
    this.#descending = column === this.#column ? !this.#descending : this.#columns[column]?.number === true;
    this.#column = column;
    this.#draw();
  }

  #draw(): void {
    for (const [index, cell] of [...this.#head.children].entries()) {
      if (index === this.#column) cell.setAttribute("aria-sort", this.#descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    const sign = this.#descending ? -1 : 1;
    const sorted = this.#rows.toSorted(
      (one, other) => sign * compare(one.cells[this.#column], other.cells[this.#column]),
    );
    this.#body.replaceChildren(...sorted.map((row) => this.#drawRow(row)));
  }

  #drawRow({ cells, uncertain, goneText }: Row): HTMLElement {
    const [name = "", where = ""] = cells;
    const matches = this.#text !== "" && `${name} ${where}`.toLowerCase().includes(this.#text);
    const button = element("button", { type: "button" }, String(name));
    button.addEventListener("click", () => this.#onChoose(String(name)));
    return element(
      "tr",
      { class: matches ? "match" : undefined },
      element("td", {}, button),
      ...cells.slice(1).map((cell, before) => {
        const column = before + 1;
        const mark = uncertain && (column === sumColumn || column === offHeapColumn) ? "~" : "";
        if (typeof cell === "string") return element("td", {}, cell);
        const size = cell === 0 ? "" : `${mark}${formatMebibytes(cell)}`;
        const shown = column === shareColumn ? formatPercent(cell) : column > offHeapColumn ? goneText : size;
        return element("td", { class: "number" }, shown);
      }),
    );
  }
}

function cellsOf(each: ShownFunctions["functions"][number], whole: number): Row["cells"] {
  const { heap, offHeap, gone } = each;
  return [
    ...holderWords(each),
    heap + offHeap,
    whole === 0 ? 0 : (heap + offHeap) / whole,
    heap,
    offHeap,
    ...(gone === undefined ? [] : [gone.share]),
  ];
}

function compare(one: string | number | undefined, other: string | number | undefined): number {
  return typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));
}
