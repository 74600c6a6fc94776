// A flame graph that can be zoomed by clicks and keys, with the way to where it is zoomed above it.
import {
  type FlameNode,
  findInFlame,
  keyOf,
  matchesText,
  nodeAt,
  type PlacedBar,
  pathOfNames,
  placeBars,
} from "../flame.js";
import { element, percent } from "./dom.js";
import type { Tip } from "./tip.js";

const rowHeight = 22;
/** Of the whole width: what is narrower than a pixel or two is seen by nobody. */
const narrowest = 0.0012;
/** A bar with less than this, of 1000 pixels or so, has no room for words. */
const narrowestWords = 0.02;

/** What a search has found of the bar that is zoomed to. */
export interface Found {
  readonly functions: number;
  readonly bytes: number;
  readonly of: number;
  /** Its name; empty when it is the whole. */
  readonly under: string;
}

/** Shows trees of bars, one at a time. */
export class FlameView {
  readonly element = element("div");
  readonly #trail = element("ol", { class: "trail", "aria-label": "Zoomed to" });
  readonly #bars = element("div", { class: "flame", role: "tree", "aria-label": "Functions, callers above" });
  readonly #tip: Tip;
  readonly #onZoom: () => void;
  #root: FlameNode | undefined;
  #zoom: readonly number[] = [];
  #focused: readonly number[] = [];
  #text = "";

  /** `onZoom` is told when somebody has zoomed. */
  constructor(tip: Tip, onZoom: () => void) {
    this.#tip = tip;
    this.#onZoom = onZoom;
    this.element.append(this.#trail, this.#bars);
    this.#bars.addEventListener("click", (event) => {
      const path = pathOf(event.target);
      if (path !== undefined) this.zoom(path);
    });
    this.#bars.addEventListener("keydown", (event) => this.#onKey(event));
    this.#bars.addEventListener("focusin", (event) => {
      const path = pathOf(event.target);
      if (path !== undefined) this.#focus(path);
    });
  }

  /** Shows another tree; as far as it has the same functions it stays zoomed. */
  show(root: FlameNode, label: string): void {
    const names = this.#namesTo(this.#zoom);
    this.#root = root;
    this.#zoom = pathOfNames(root, names);
    this.#focused = this.#zoom;
    this.#bars.setAttribute("aria-label", label);
    this.#draw();
  }

  /** Makes the bar at a path as wide as all. */
  zoom(path: readonly number[]): void {
    this.#zoom = path;
    this.#focused = path;
    this.#tip.hide();
    this.#draw();
    this.#onZoom();
  }

  /** Marks what has the text in its name; returns what it comes to of the bar that is zoomed to. */
  search(text: string): Found {
    this.#text = text.trim();
    this.#draw();
    const node = this.#root && nodeAt(this.#root, this.#zoom);
    if (node === undefined) return { functions: 0, bytes: 0, of: 0, under: "" };
    const { functions, bytes } =
      matchesText(node, this.#text) && this.#zoom.length > 0
        ? { functions: 1, bytes: node.bytes }
        : findInFlame(node, this.#text);
    return { functions, bytes, of: node.bytes, under: this.#zoom.length === 0 ? "" : node.name };
  }

  #namesTo(path: readonly number[]): readonly string[] {
    return path.flatMap((_, depth) => {
      const node = this.#root && nodeAt(this.#root, path.slice(0, depth + 1));
      return node === undefined ? [] : [keyOf(node)];
    });
  }

  #draw(): void {
    const root = this.#root;
    if (root === undefined) return;
    const placed = placeBars(root, this.#zoom, narrowest);
    const hadFocus = this.#bars.contains(document.activeElement);
    this.#bars.replaceChildren(...placed.map((bar) => this.#drawBar(bar)));
    this.#bars.style.height = `${(Math.max(...placed.map(({ row }) => row)) + 1) * rowHeight}px`;
    if (hadFocus) this.#barAt(this.#focused)?.focus();
    const steps = [[], ...this.#zoom.map((_, depth) => this.#zoom.slice(0, depth + 1))];
    this.#trail.replaceChildren(
      ...steps.map((path, depth) => {
        const name = depth === 0 ? "all" : (nodeAt(root, path)?.name ?? "");
        const button = element(
          "button",
          { type: "button", "aria-current": depth === steps.length - 1 ? "true" : undefined },
          name,
        );
        button.addEventListener("click", () => this.zoom(path));
        return element("li", {}, button);
      }),
    );
  }

  #drawBar({ node, path, row, left, width }: PlacedBar): HTMLElement {
    const matches = path.length > 0 && matchesText(node, this.#text);
    const above = path.length < this.#zoom.length;
    const classes = ["bar", above && "above", matches && "match", this.#text !== "" && !matches && "missed"];
    const bar = element("div", {
      class: classes.filter(Boolean).join(" "),
      role: "treeitem",
      tabindex: samePath(path, this.#focused) ? 0 : -1,
      "aria-level": row + 1,
      "aria-expanded": node.children.length === 0 ? undefined : "true",
      "aria-label": [node.name, node.place, ...node.words].filter((text) => text !== "").join(", "),
      "data-path": path.join("."),
    });
    Object.assign(bar.style, { left: percent(left), width: percent(width), top: `${row * rowHeight}px` });
    let from = 0;
    for (const { kind, bytes } of node.parts) {
      const fill = element("span", { class: `fill ${kind}` });
      Object.assign(fill.style, { left: percent(from), width: percent(bytes / node.bytes) });
      from += bytes / node.bytes;
      bar.append(fill);
    }
    if (width >= narrowestWords) {
      const name = element(
        "span",
        { class: "name" },
        node.place === "" || node.place === node.name ? node.name : `${node.name} ${node.place}`,
      );
      const figure = width >= 4 * narrowestWords ? [element("span", { class: "figure" }, node.figure)] : [];
      bar.append(element("span", { class: "words", "aria-hidden": "true" }, name, ...figure));
    }
    this.#tip.attach(bar, { title: node.name, lines: [node.place, ...node.words] });
    return bar;
  }

  #onKey(event: KeyboardEvent): void {
    const root = this.#root;
    const path = pathOf(event.target);
    if (root === undefined || path === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = path.at(-1) ?? 0;
    const parent = path.slice(0, -1);
    const beside = (index: number) => (path.length === 0 ? undefined : [...parent, index]);
    const keys: Readonly<Record<string, () => readonly number[] | undefined>> = {
      ArrowUp: () => (path.length === 0 ? undefined : parent),
      ArrowDown: () => [...path, path.length < this.#zoom.length ? (this.#zoom[path.length] ?? 0) : 0],
      ArrowLeft: () => beside(last - 1),
      ArrowRight: () => beside(last + 1),
      Home: () => [],
      End: () => beside((nodeAt(root, parent)?.children.length ?? 1) - 1),
    };
    const zooms: Readonly<Record<string, () => readonly number[]>> = {
      Enter: () => path,
      " ": () => path,
      Backspace: () => this.#zoom.slice(0, -1),
      Escape: () => [],
    };
    const wanted = keys[event.key]?.();
    const zoom = zooms[event.key]?.();
    if (wanted === undefined && zoom === undefined) return;
    event.preventDefault();
    if (zoom !== undefined) this.zoom(zoom);
    else if (wanted !== undefined) this.#barAt(wanted)?.focus();
  }

  #focus(path: readonly number[]): void {
    this.#barAt(this.#focused)?.setAttribute("tabindex", "-1");
    this.#focused = path;
    this.#barAt(path)?.setAttribute("tabindex", "0");
  }

  #barAt(path: readonly number[]): HTMLElement | null {
    return this.#bars.querySelector<HTMLElement>(`[data-path="${path.join(".")}"]`);
  }
}

function pathOf(target: EventTarget | null): readonly number[] | undefined {
  const bar = target instanceof Element ? target.closest<HTMLElement>("[data-path]") : null;
  const path = bar?.dataset.path;
  if (path === undefined) return undefined;
  return path === "" ? [] : path.split(".").map(Number);
}

function samePath(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((index, at) => index === other[at]);
}
