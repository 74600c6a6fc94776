// Selects a stretch of time on the picture of the course: by the pointer, or by keys on its two edges.
import { element, percent } from "./dom.js";

/** A stretch of time, in milliseconds since the cell began. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What a brush is put on and what it tells. */
export interface BrushOptions {
  readonly duration: number;
  /** The ends of the course in its picture, as shares of its width. */
  readonly left: number;
  readonly right: number;
  readonly format: (time: number) => string;
  /** `undefined` when nothing is selected any more. */
  readonly onChange: (span: Span | undefined) => void;
}

/** Keys move an edge by so much of the whole, with shift by ten times as much. */
const keyStep = 0.01;
/** A pointer that has moved less than this share has only been clicked. */
const smallestDrag = 0.004;

/** Puts a brush on the picture in `course`; returns what selects by program. */
export function addBrush(course: HTMLElement, options: BrushOptions): (span: Span | undefined) => void {
  const { duration, left, right, format, onChange } = options;
  const layer = element("div", { class: "brush" });
  Object.assign(layer.style, { left: percent(left), right: percent(1 - right) });
  const shades = [element("div", { class: "shade" }), element("div", { class: "shade" })] as const;
  const edges = [edge("Begin of the selected time"), edge("End of the selected time")] as const;
  layer.append(...shades, ...edges);
  course.append(layer);
  let span: Span | undefined;

  const draw = () => {
    const { from, to } = span ?? { from: 0, to: duration };
    for (const shade of shades) shade.hidden = span === undefined;
    Object.assign(shades[0].style, { left: "0", width: percent(from / duration) });
    Object.assign(shades[1].style, { left: percent(to / duration), right: "0" });
    for (const [index, time] of [from, to].entries()) {
      const handle = edges[index];
      if (handle === undefined) continue;
      handle.style.left = percent(time / duration);
      handle.setAttribute("aria-valuemin", String(Math.round(index === 0 ? 0 : from)));
      handle.setAttribute("aria-valuemax", String(Math.round(index === 0 ? to : duration)));
      handle.setAttribute("aria-valuenow", String(Math.round(time)));
      handle.setAttribute("aria-valuetext", format(time));
    }
  };
  const select = (wanted: Span | undefined) => {
    const from = Math.max(0, Math.min(duration, wanted?.from ?? 0));
    const to = Math.max(from, Math.min(duration, wanted?.to ?? duration));
    span = wanted === undefined || (from <= 0 && to >= duration) ? undefined : { from, to };
    draw();
    onChange(span);
  };
  const timeAt = ({ clientX }: PointerEvent) => {
    const { left: start, width } = layer.getBoundingClientRect();
    return Math.max(0, Math.min(1, (clientX - start) / width)) * duration;
  };

  layer.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    layer.setPointerCapture(event.pointerId);
    const now = span ?? { from: 0, to: duration };
    const index = event.target instanceof HTMLElement ? edges.indexOf(event.target) : -1;
    edges[index]?.focus();
    // The end that stays where it is.
    const fixed = index === 0 ? now.to : index === 1 ? now.from : timeAt(event);
    let moved = false;
    const move = (moving: PointerEvent) => {
      const time = timeAt(moving);
      moved ||= Math.abs(time - fixed) > duration * smallestDrag;
      if (moved) select({ from: Math.min(fixed, time), to: Math.max(fixed, time) });
    };
    const end = (ending: PointerEvent) => {
      layer.removeEventListener("pointermove", move);
      layer.removeEventListener("pointerup", end);
      layer.removeEventListener("pointercancel", end);
      // A click is a moment, or the end of the selection when there is one.
      if (!moved && index < 0) select(span === undefined ? { from: timeAt(ending), to: timeAt(ending) } : undefined);
    };
    layer.addEventListener("pointermove", move);
    layer.addEventListener("pointerup", end);
    layer.addEventListener("pointercancel", end);
  });
  for (const [index, handle] of edges.entries()) {
    handle.addEventListener("keydown", (event) => {
      const now = span ?? { from: 0, to: duration };
      const step = duration * keyStep * (event.shiftKey ? 10 : 1);
      const keys: Readonly<Record<string, number>> = {
        ArrowLeft: -step,
        ArrowDown: -step,
        ArrowRight: step,
        ArrowUp: step,
        Home: -duration,
        End: duration,
      };
      const by = keys[event.key];
      if (event.key === "Escape") select(undefined);
      else if (by === undefined) return;
      else if (index === 0) select({ from: Math.min(now.to, now.from + by), to: now.to });
      else select({ from: now.from, to: Math.max(now.from, now.to + by) });
      event.preventDefault();
    });
  }
  draw();
  return select;
}

function edge(label: string): HTMLElement {
  return element("div", {
    class: "edge",
    role: "slider",
    tabindex: 0,
    "aria-label": label,
    "aria-orientation": "horizontal",
  });
}
