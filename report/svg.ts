import { colours } from "./colours.js";
import { html, joinMarkup, type Markup, type MarkupContent } from "./html.js";
import { type Font, fitText } from "./text-width.js";

/** A finished picture: a whole SVG document and its size in pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly document: Markup;
}

/** The width of every picture in a report, in pixels. */
export const pictureWidth = 760;

/** Puts shapes together, painted in their order, on a transparent ground. */
export function picture(size: { readonly width?: number; readonly height: number }, shapes: MarkupContent): Picture {
  const { width = pictureWidth, height } = size;
  const box = `0 0 ${px(width)} ${px(height)}`;
  // The font and the ink are said once: most labels are plain, and a report is to stay small.
  const document = html`<svg xmlns="http://www.w3.org/2000/svg" width="${px(width)}" height="${px(height)}" viewBox="${box}" font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" fill="${colours.ink}">${shapes}</svg>`;
  return { width, height, document };
}

/** The picture as an `<img>`, the one way of showing it that survives an untrusted notebook. */
export function imageOf({ width, height, document }: Picture, alt: string): Markup {
  const source = `data:image/svg+xml;base64,${base64(document.text)}`;
  return html`<img width="${px(width)}" height="${px(height)}" alt="${alt}" src="${source}">`;
}

/** How a shape is painted. */
export interface Paint {
  /** A colour; ink when absent. */
  readonly fill?: string;
  readonly opacity?: number;
}

/** A rectangle, with round corners when `radius` says so. */
export function rectangle(
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  { fill, opacity, radius }: Paint & { readonly radius?: number } = {},
): Markup {
  return html`<rect x="${px(box.x)}" y="${px(box.y)}" width="${px(Math.max(0, box.width))}" height="${px(Math.max(0, box.height))}"${attributes({ rx: radius, fill, "fill-opacity": opacity })}/>`;
}

/** A line through points, `[x, y]` each. */
export function polyline(
  points: readonly Point[],
  {
    stroke = colours.ink,
    width = 1,
    opacity,
    dashes,
  }: {
    readonly stroke?: string;
    readonly width?: number;
    readonly opacity?: number;
    /** Lengths of dashes and gaps: `4 3`. */
    readonly dashes?: string;
  } = {},
): Markup {
  return html`<polyline points="${pointList(points)}" fill="none" stroke="${stroke}" stroke-width="${px(width)}"${attributes({ "stroke-opacity": opacity, "stroke-dasharray": dashes })}/>`;
}

/** The area inside points, `[x, y]` each. */
export function polygon(points: readonly Point[], { fill, opacity }: Paint = {}): Markup {
  return html`<polygon points="${pointList(points)}"${attributes({ fill, "fill-opacity": opacity })}/>`;
}

/** A dot. */
export function circle(centre: Point, radius: number, { fill, opacity }: Paint = {}): Markup {
  return html`<circle cx="${px(centre[0])}" cy="${px(centre[1])}" r="${px(radius)}"${attributes({ fill, "fill-opacity": opacity })}/>`;
}

/** How a label is written. */
export interface LabelStyle extends Paint, Partial<Font> {
  /** Which end of the text `x` is; the start when absent. */
  readonly anchor?: "start" | "middle" | "end";
  /** Cuts the text in the middle when it is wider than so many pixels. */
  readonly maxWidth?: number;
}

/** A text whose baseline is at `y`; nothing when not even a part of it fits. */
export function label([x, y]: Point, text: string, style: LabelStyle = {}): Markup | undefined {
  const { fill, opacity, size = 11, bold = false, anchor = "start", maxWidth = Number.POSITIVE_INFINITY } = style;
  const shown = fitText(text, maxWidth, { size, bold });
  if (shown === "") return undefined;
  return html`<text x="${px(x)}" y="${px(y)}" font-size="${px(size)}"${attributes({
    "text-anchor": anchor === "start" ? undefined : anchor,
    "font-weight": bold ? 600 : undefined,
    fill,
    "fill-opacity": opacity,
  })}>${shown}</text>`;
}

/** A place in a picture: to the right, and down. */
export type Point = readonly [x: number, y: number];

/** A coordinate as short as it may be: a tenth of a pixel is seen by nobody. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function pointList(points: readonly Point[]): string {
  return points.map(([x, y]) => `${px(x)},${px(y)}`).join(" ");
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): Markup {
  return joinMarkup(Object.entries(values).map(([name, value]) => value !== undefined && html` ${name}="${value}"`));
}

/** `btoa` takes one character per byte, so the text becomes its UTF-8 bytes first. */
function base64(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}
