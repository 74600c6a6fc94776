// The field in which one looks for a function, with what was found beside it.
import { formatCount, formatPercent } from "../format.js";
import { formatMebibytes } from "../memory-profile-words.js";
import { element } from "./dom.js";
import type { Found } from "./flame-view.js";

/** Asks for a text and tells what it finds. */
export class SearchField {
  readonly element: HTMLElement;
  readonly #input = element("input", { type: "search", placeholder: "function or file", size: 22 });
  readonly #found = element("output", { "aria-live": "polite" });
  readonly #find: (text: string) => Found;

  /** `find` marks what has the text in it. */
  constructor(label: string, find: (text: string) => Found) {
    this.#find = find;
    this.#input.addEventListener("input", () => this.tell());
    const field = element("label", {}, label, this.#input);
    this.element = element("div", { class: "tools", role: "search" }, field, this.#found);
  }

  /** Looks again, because what is shown has changed. */
  tell(): void {
    const text = this.#input.value.trim();
    const { functions, bytes, of, under } = this.#find(text);
    const where = under === "" ? "" : ` under ${under}`;
    const share = formatPercent(of === 0 ? 0 : bytes / of);
    const count = `${formatCount(functions)} ${functions === 1 ? "function matches" : "functions match"}`;
    const found = `${count}: ${formatMebibytes(bytes)} MiB, ${share} of ${formatMebibytes(of)} MiB${where}`;
    this.#found.value = text === "" ? "" : functions === 0 ? `nothing matches${where}` : found;
  }

  /** Looks for this text. */
  set(text: string): void {
    this.#input.value = text;
    this.tell();
    this.#input.focus();
  }

  /** Takes the next keys. */
  focus(): void {
    this.#input.focus();
    this.#input.select();
  }
}
