// Who held the memory: the flame graph with what is asked of it, and the table under it.
import { invertHolders, type PeakHolders, treeOf } from "../../profiler/peak-holders.js";
import { type FlameKind, flameOfHolders, type ShownBytes } from "../flame.js";
import { formatCount, formatPercent } from "../format.js";
import { formatMebibytes } from "../memory-profile-words.js";
import { element } from "./dom.js";
import { FlameView } from "./flame-view.js";
import { FunctionTable } from "./function-table.js";
import type { Tip } from "./tip.js";

/** The ways to look at who held it. */
const orders = [
  { value: "callers", text: "callers above" },
  { value: "inverted", text: "inverted: who allocated it above, callers below" },
] as const;

type Order = (typeof orders)[number]["value"];

/** Shows the holders of one moment at a time. */
export class HoldersView {
  readonly element = element("div");
  readonly #flame: FlameView;
  readonly #table = new FunctionTable((name) => this.find(name));
  readonly #search = element("input", {
    type: "search",
    placeholder: "function or file",
    size: 22,
    "aria-keyshortcuts": "/",
  });
  readonly #found = element("output", { "aria-live": "polite" });
  #order: Order = "callers";
  #shown: ShownBytes = "all";
  #holders: PeakHolders;

  constructor(holders: PeakHolders, tip: Tip) {
    this.#holders = holders;
    this.#flame = new FlameView(tip, () => this.#tellFound());
    const bytes = element(
      "select",
      {},
      option("all", "all bytes"),
      option("heap", "V8's heap"),
      option("offHeap", "off the heap"),
    );
    bytes.addEventListener("change", () => {
      // The values of its own options.
      this.#shown = bytes.value as ShownBytes;
      this.#draw();
    });
    const order = element("fieldset", {}, element("legend", {}, "Order"));
    for (const { value, text } of orders) {
      const radio = element("input", {
        type: "radio",
        name: "order",
        value,
        checked: value === this.#order ? "" : undefined,
      });
      radio.addEventListener("change", () => {
        this.#order = value;
        this.#draw();
      });
      order.append(element("label", {}, radio, text));
    }
    this.#search.addEventListener("input", () => this.#tellFound());
    this.element.append(
      element("div", { class: "tools", role: "search" }, element("label", {}, "Find", this.#search), this.#found),
      element("div", { class: "tools" }, order, element("label", {}, "Show", bytes)),
      keyOf([
        ["heap", "JavaScript heap"],
        ["offHeap", "off heap"],
      ]),
      this.#flame.element,
      this.#table.element,
    );
    this.#draw();
  }

  /** Shows another moment. */
  show(holders: PeakHolders): void {
    this.#holders = holders;
    this.#draw();
  }

  /** Puts a text into the search field. */
  find(text: string): void {
    this.#search.value = text;
    this.#tellFound();
    this.#search.focus();
  }

  /** Where the next key goes. */
  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  #draw(): void {
    const inverted = this.#order === "inverted";
    const holders = inverted ? invertHolders(this.#holders) : this.#holders;
    const label = inverted ? "Functions that allocated, their callers below" : "Functions, their callers above";
    this.#flame.show(flameOfHolders(treeOf(holders), this.#shown), label);
    this.#table.show(this.#holders);
    this.#tellFound();
  }

  #tellFound(): void {
    const text = this.#search.value.trim();
    const { functions, bytes, of, under } = this.#flame.search(text);
    this.#table.search(text);
    const share = formatPercent(of === 0 ? 0 : bytes / of);
    const where = under === "" ? "" : ` under ${under}`;
    const count = `${formatCount(functions)} ${functions === 1 ? "function matches" : "functions match"}`;
    this.#found.value =
      text === ""
        ? ""
        : functions === 0
          ? `nothing matches${where}`
          : `${count}: ${formatMebibytes(bytes)} MiB, ${share} of ${formatMebibytes(of)} MiB${where}`;
  }
}

/** Says what the colours are. */
function keyOf(entries: readonly (readonly [kind: FlameKind, text: string])[]): HTMLElement {
  return element(
    "div",
    { class: "key" },
    ...entries.map(([kind, text]) => element("span", {}, element("i", { class: kind }), text)),
  );
}

function option(value: ShownBytes, text: string): HTMLOptionElement {
  return element("option", { value }, text);
}
