// Who held the memory, or who allocated it: the flame graph with what is asked of it, and the table under it.
import { type HolderStacks, invertHolders, treeOf } from "../../profiler/peak-holders.js";
import { flameOfHolders, type ShownBytes } from "../flame.js";
import type { StackWords } from "../stack-words.js";
import { element } from "./dom.js";
import { FlameView } from "./flame-view.js";
import { FunctionTable, type ShownFunctions } from "./function-table.js";
import { keyOf } from "./key.js";
import { SearchField } from "./search-field.js";
import type { Tip } from "./tip.js";

/** The ways to look at who held it. */
const orders = [
  { value: "callers", text: "callers above" },
  { value: "inverted", text: "inverted: who allocated it above, callers below" },
] as const;

type Order = (typeof orders)[number]["value"];

/** What there is to see of one moment, or of the whole time. */
export interface ShownStacks {
  readonly stacks: HolderStacks;
  readonly functions: ShownFunctions;
}

/** Shows the stacks of one moment at a time. */
export class HoldersView {
  readonly element = element("div");
  readonly #flame: FlameView;
  readonly #table: FunctionTable;
  readonly #search: SearchField;
  #order: Order = "callers";
  #shown: ShownBytes = "all";
  #stacks: ShownStacks;

  constructor(stacks: ShownStacks, words: StackWords, tip: Tip) {
    this.#stacks = stacks;
    this.#table = new FunctionTable(words, (name) => this.#search.set(name));
    this.#flame = new FlameView(tip, () => this.#search.tell());
    this.#search = new SearchField("Find", (text) => {
      this.#table.search(text);
      return this.#flame.search(text);
    });
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
    this.element.append(
      this.#search.element,
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
  show(stacks: ShownStacks): void {
    this.#stacks = stacks;
    this.#draw();
  }

  /** Where the next key goes. */
  focusSearch(): void {
    this.#search.focus();
  }

  #draw(): void {
    const inverted = this.#order === "inverted";
    const { stacks, functions } = this.#stacks;
    const shown = inverted ? invertHolders(stacks) : stacks;
    const label = inverted ? "Functions that allocated, their callers below" : "Functions, their callers above";
    this.#flame.show(flameOfHolders(treeOf(shown), this.#shown), label);
    this.#table.show(functions);
    this.#search.tell();
  }
}

function option(value: ShownBytes, text: string): HTMLOptionElement {
  return element("option", { value }, text);
}
