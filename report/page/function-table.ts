// The functions that held the memory, in a table that sorts by any of its columns.
import { functionsOf, type HolderFunction, type PeakHolders } from "../../profiler/peak-holders.js";
import { formatPercent } from "../format.js";
import { isUncertain, nameOfFrame, placeOfFrame, unseenBytes } from "../memory-profile-holders.js";
import { formatMebibytes } from "../memory-profile-words.js";
import { element } from "./dom.js";

interface Row {
  readonly cells: readonly (string | number)[];
  readonly uncertain: boolean;
}

const columns = [
  { title: "held by", number: false },
  { title: "where", number: false },
  { title: "called by", number: false },
  { title: "MiB", number: true },
  { title: "share", number: true },
  { title: "heap", number: true },
  { title: "off heap", number: true },
] as const;
const sumColumn = 3;
const shareColumn = 4;
const offHeapColumn = 6;

/** Shows the functions of one moment at a time. */
export class FunctionTable {
  readonly element = element("div", { class: "scroll" });
  readonly #unseen = element("p", { class: "quiet" });
  readonly #head = element("tr");
  readonly #body = element("tbody");
  readonly #onChoose: (name: string) => void;
  #rows: readonly Row[] = [];
  #column = sumColumn;
  #descending = true;
  #text = "";

  /** `onChoose` is told the name of a function that somebody wants to see in the graph. */
  constructor(onChoose: (name: string) => void) {
    this.#onChoose = onChoose;
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
    for (const [index, { title, number }] of columns.entries()) {
      const button = element("button", { type: "button" }, title);
      button.addEventListener("click", () => this.#sort(index));
      this.#head.append(element("th", { scope: "col", class: number ? "number" : undefined }, button));
    }
  }

  /** Shows another moment. */
  show(holders: PeakHolders): void {
    const unseen = unseenBytes(holders);
    this.#unseen.hidden = unseen === 0;
    this.#unseen.textContent = `${formatMebibytes(unseen)} MiB more were held and are on no stack that was seen.`;
    const functions = functionsOf(holders);
    const whole = functions.reduce((sum, { heap, offHeap }) => sum + heap + offHeap, 0);
    this.#rows = functions.map((each) => ({
      cells: cellsOf(each, whole),
      uncertain: isUncertain(each.offHeap, each.uncertain),
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
    this.#descending = column === this.#column ? !this.#descending : columns[column]?.number === true;
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

  #drawRow({ cells, uncertain }: Row): HTMLElement {
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
        const shown =
          column === shareColumn ? formatPercent(cell) : cell === 0 ? "" : `${mark}${formatMebibytes(cell)}`;
        return element("td", { class: "number" }, shown);
      }),
    );
  }
}

function cellsOf({ frame, caller, heap, offHeap }: HolderFunction, whole: number): Row["cells"] {
  return [
    nameOfFrame(frame),
    frame?.line === 0 ? "" : placeOfFrame(frame),
    caller === undefined ? "" : nameOfFrame(caller),
    heap + offHeap,
    whole === 0 ? 0 : (heap + offHeap) / whole,
    heap,
    offHeap,
  ];
}

function compare(one: string | number | undefined, other: string | number | undefined): number {
  return typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));
}
