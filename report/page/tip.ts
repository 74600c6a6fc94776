import { element } from "./dom.js";

/** What a tip says. */
export interface TipText {
  readonly title: string;
  readonly lines: readonly string[];
}

/** The one tip of the page: beside the pointer, or under what has the focus. */
export class Tip {
  readonly element = element("div", { class: "tip", role: "tooltip", hidden: "" });

  /** Shows the text while the pointer or the focus is on the element. */
  attach(target: HTMLElement, text: TipText): void {
    target.addEventListener("pointermove", ({ clientX, clientY }) => this.#show(text, clientX + 14, clientY + 18));
    target.addEventListener("pointerleave", () => this.hide());
    target.addEventListener("focus", () => {
      if (!target.matches(":focus-visible")) return;
      const { left, bottom } = target.getBoundingClientRect();
      this.#show(text, Math.max(8, left), bottom + 4);
    });
    target.addEventListener("blur", () => this.hide());
  }

  /** Takes it away. */
  hide(): void {
    this.element.hidden = true;
  }

  #show({ title, lines }: TipText, x: number, y: number): void {
    const shown = lines.filter((line) => line !== "" && line !== title);
    this.element.replaceChildren(element("b", {}, title), ...shown.map((line) => element("div", {}, line)));
    this.element.hidden = false;
    const { offsetWidth, offsetHeight } = this.element;
    const [width, height] = [document.documentElement.clientWidth, document.documentElement.clientHeight];
    Object.assign(this.element.style, {
      left: `${Math.max(4, Math.min(x, width - offsetWidth - 8))}px`,
      top: `${y + offsetHeight > height ? Math.max(4, y - offsetHeight - 28) : y}px`,
    });
  }
}
