import type { FlameKind } from "../flame.js";
import { element } from "./dom.js";

/** Says what the colours of a graph are. */
export function keyOf(entries: readonly (readonly [kind: FlameKind, text: string])[]): HTMLElement {
  return element(
    "div",
    { class: "key" },
    ...entries.map(([kind, text]) => element("span", {}, element("i", { class: kind }), text)),
  );
}
