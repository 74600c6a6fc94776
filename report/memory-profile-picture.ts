// The chart of %%memprofile: what RSS was made of over time, the collections under it, the peak marked.
import { mergeSpans } from "../profiler/lines/running-lines.js";
import type { MemoryMoment, MemoryProfile } from "../profiler/memory-profile.js";
import { thinSamples } from "../profiler/thin-samples.js";
import { colours } from "./colours.js";
import { formatDuration } from "./format.js";
import { html, type Markup } from "./html.js";
import { bridgeOf, type Layer, layersOf } from "./memory-profile-layers.js";
import { circle, label, type Picture, type Point, picture, pictureWidth, polygon, polyline, rectangle } from "./svg.js";
import { textWidth } from "./text-width.js";

/** Where the course stands in its picture, in pixels. */
export const coursePlot = { left: 62, right: pictureWidth - 14, top: 24, bottom: 184 } as const;
const collectionRow = { top: coursePlot.bottom + 6, bottom: coursePlot.bottom + 16 } as const;
const lineRow = { top: collectionRow.bottom + 5, bottom: collectionRow.bottom + 19 } as const;
/** The times, and what is left under them. */
const timesHeight = 22;
// A point for every four pixels: more is not seen, and the picture is stored in the notebook.
const drawnMoments = 160;
const labelSize = 11;
const smallSize = 10;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** RSS over time, without its parts. */
interface Course {
  readonly time: number;
  readonly rss: number;
}

/** From time and bytes to pixels. */
interface Scale {
  readonly x: (time: number) => number;
  readonly y: (bytes: number) => number;
}

/** Draws the memory of a cell over its time. */
export function drawMemoryProfile(profile: MemoryProfile): Picture {
  const timeline = thinSamples(profile.timeline, drawnMoments);
  const course = timeline.map(({ time, rss }) => ({ time, rss }));
  // A clock that has not moved between two readings still needs an axis.
  const duration = Math.max(profile.duration, 0.001);
  const ticks = memoryTicks(profile.peak.rss);
  const top = ticks.at(-1)?.bytes ?? profile.peak.rss;
  const scale: Scale = {
    x: (time) =>
      coursePlot.left + (Math.min(Math.max(time, 0), duration) / duration) * (coursePlot.right - coursePlot.left),
    y: (bytes) => coursePlot.bottom - (bytes / top) * (coursePlot.bottom - coursePlot.top),
  };
  const layers = layersOf(timeline, bridgeOf(timeline, duration));
  const taken: Box[] = [];
  // The labels are placed by importance, and painted last of all.
  const peak = markPeak(profile, scale, taken);
  const before = markBaseline(profile.baseline, course, layers, scale, taken);
  const names = [...nameAreas(layers, scale, taken), ...nameGaps(layers, course, scale, taken)];
  const height = (profile.ranLines === undefined ? collectionRow.bottom : lineRow.bottom) + timesHeight;
  return picture({ height }, [
    ticks.map(({ bytes, text }) => [
      polyline(
        [
          [coursePlot.left, scale.y(bytes)],
          [coursePlot.right, scale.y(bytes)],
        ],
        { opacity: bytes === 0 ? 0.55 : 0.18 },
      ),
      label([coursePlot.left - 6, scale.y(bytes) + 4], text, { size: smallSize, anchor: "end" }),
    ]),
    layers.length === 1 && layers[0]?.length === timeline.length ? undefined : areaUnder(timeline, scale),
    layers.map((stretch) => areasOf(stretch, scale)),
    polyline(
      timeline.map((moment) => pointOf(moment.time, moment.rss, scale)),
      { width: 1.2, opacity: 0.9 },
    ),
    before,
    peak,
    names,
    drawCollections(profile, scale),
    drawLines(profile, scale),
    timeTicks(duration).map(({ time, text }, index, all) =>
      label([scale.x(time), height - 6], text, {
        size: smallSize,
        anchor:
          index === 0 ? "start" : index === all.length - 1 && scale.x(time) > coursePlot.right - 30 ? "end" : "middle",
      }),
    ),
  ]);
}

function pointOf(time: number, bytes: number, scale: Scale): Point {
  return [scale.x(time), scale.y(bytes)];
}

/** RSS as a whole, faint: what shows of it is memory of which nobody knows what it was. */
function areaUnder(timeline: readonly MemoryMoment[], scale: Scale): Markup | undefined {
  const [first] = timeline;
  const last = timeline.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return polygon(
    [
      ...timeline.map(({ time, rss }) => pointOf(time, rss, scale)),
      pointOf(last.time, 0, scale),
      pointOf(first.time, 0, scale),
    ],
    { opacity: 0.15 },
  );
}

function areasOf(stretch: readonly Layer[], scale: Scale): readonly Markup[] {
  const area = (lower: (layer: Layer) => number, upper: (layer: Layer) => number, fill: string, opacity: number) =>
    polygon(
      [
        ...stretch.map((layer) => pointOf(layer.time, upper(layer), scale)),
        ...stretch.toReversed().map((layer) => pointOf(layer.time, lower(layer), scale)),
      ],
      { fill, opacity },
    );
  return [
    area(
      () => 0,
      ({ rest }) => rest,
      colours.ink,
      0.2,
    ),
    area(
      ({ rest }) => rest,
      ({ heap }) => heap,
      colours.heap,
      0.92,
    ),
    area(
      ({ heap }) => heap,
      ({ own }) => own,
      colours.offHeap,
      0.92,
    ),
    ...(stretch.some(({ own, rss }) => rss > own)
      ? [
          area(
            ({ own }) => own,
            ({ rss }) => rss,
            colours.children,
            0.92,
          ),
        ]
      : []),
  ];
}

function markPeak({ peak, duration }: MemoryProfile, scale: Scale, taken: Box[]): readonly (Markup | undefined)[] {
  const when = duration < 1 ? "" : ` at ${peak.exact ? "~" : ""}${formatDuration(peak.time)}`;
  const text = `peak ${peak.exact ? "" : "~"}${(peak.rss / 1024 / 1024).toFixed(1)} MiB${when}`;
  const width = textWidth(text, { size: labelSize, bold: true });
  const [x, y] = pointOf(peak.time, peak.rss, scale);
  // To the left of the dot where there is room: what follows a peak is usually what one wants to see.
  const start = x - width - 8 >= coursePlot.left ? x - width - 8 : Math.min(x + 8, coursePlot.right - width);
  taken.push(
    { x: start, y: y - 13, width, height: 16 },
    { x: x - 4, y: y - 4, width: 8, height: coursePlot.bottom - y },
  );
  return [
    polyline(
      [
        [x, y],
        [x, coursePlot.bottom],
      ],
      { stroke: colours.accent, dashes: "2 3" },
    ),
    circle([x, y], 3.5, { fill: colours.accent }),
    label([start, y - 3], text, { size: labelSize, bold: true, fill: colours.accent }),
  ];
}

function markBaseline(
  baseline: MemoryMoment,
  course: readonly Course[],
  layers: readonly (readonly Layer[])[],
  scale: Scale,
  taken: Box[],
): readonly (Markup | undefined)[] {
  const y = scale.y(baseline.rss);
  const text = `before the cell ${(baseline.rss / 1024 / 1024).toFixed(1)} MiB`;
  const width = textWidth(text, { size: smallSize });
  const line = polyline(
    [
      [coursePlot.left, y],
      [coursePlot.right, y],
    ],
    { opacity: 0.9, dashes: "5 4" },
  );
  for (let x = coursePlot.left + 4; x + width < coursePlot.right; x += 8) {
    for (const place of [
      { x, y: y - 14, width, height: 13 },
      { x, y: y + 2, width, height: 13 },
    ]) {
      const fill = groundOf(place, course, layers, scale);
      if (
        fill === undefined ||
        place.y + place.height > coursePlot.bottom ||
        taken.some((other) => overlap(place, other))
      )
        continue;
      taken.push(place);
      return [line, label([x, place.y + 10], text, { size: smallSize, fill })];
    }
  }
  return [line];
}

/** The colour that can be read at a place that lies on one ground; `undefined` when it lies on several. */
function groundOf(
  place: Box,
  course: readonly Course[],
  layers: readonly (readonly Layer[])[],
  scale: Scale,
): string | undefined {
  const bottom = place.y + place.height;
  const open = near(course, place, scale).every(({ rss }) => scale.y(rss) > bottom);
  if (open) return colours.ink;
  const stretches = layers.map((stretch) => ({ stretch, inside: near(stretch, place, scale) }));
  const found = stretches.filter(({ inside }) => inside.length > 0);
  // Between the stretches there is only the faint ground of what nobody saw.
  if (found.length === 0)
    return near(course, place, scale).every(({ rss }) => scale.y(rss) < place.y) ? colours.ink : undefined;
  const [only] = found;
  if (only === undefined || found.length > 1 || !covers(only.stretch, place, scale)) return undefined;
  const { inside } = only;
  if (inside.every(({ rest }) => scale.y(rest) < place.y)) return colours.ink;
  if (inside.every(({ rest, heap }) => scale.y(heap) < place.y && scale.y(rest) > bottom)) return "#ffffff";
  if (inside.every(({ heap, own }) => scale.y(own) < place.y && scale.y(heap) > bottom)) return "#ffffff";
  if (inside.every(({ own, rss }) => scale.y(rss) < place.y && scale.y(own) > bottom)) return "#ffffff";
  return undefined;
}

/** The points of curves over a place, with those that lie on its two edges; `points` are in the order of their times. */
function near<T extends Readonly<Record<keyof T, number>> & { readonly time: number }>(
  points: readonly T[],
  { x, width }: Box,
  scale: Scale,
): readonly T[] {
  const inside = points.slice(firstFrom(points, x, scale), firstPast(points, x + width, scale));
  for (const edge of [x, x + width]) {
    const after = firstPast(points, edge, scale);
    const [from, to] = [points[after - 1], points[after]];
    if (from === undefined || to === undefined) continue;
    const share = (edge - scale.x(from.time)) / (scale.x(to.time) - scale.x(from.time));
    const names = Object.keys(from) as (keyof T)[];
    // The same names with numbers between: still a point of the same kind.
    inside.push(
      Object.fromEntries(names.map((name) => [name, from[name] + (to[name] - from[name]) * share])) as unknown as T,
    );
  }
  return inside;
}

interface InTime {
  readonly time: number;
}

/** The index of the first point that lies at a place or to the right of it. */
function firstFrom(points: readonly InTime[], x: number, scale: Scale): number {
  return firstWhere(points, ({ time }) => scale.x(time) >= x);
}

/** The index of the first point that lies to the right of a place. */
function firstPast(points: readonly InTime[], x: number, scale: Scale): number {
  return firstWhere(points, ({ time }) => scale.x(time) > x);
}

/** The first of points for which something holds that holds for all after it; their number where it holds for none. */
function firstWhere<T>(points: readonly T[], holds: (point: T) => boolean): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const point = points[middle];
    if (point !== undefined && holds(point)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function covers(stretch: readonly Layer[], { x, width }: Box, scale: Scale): boolean {
  const [first] = stretch;
  const last = stretch.at(-1);
  return first !== undefined && last !== undefined && scale.x(first.time) <= x && scale.x(last.time) >= x + width;
}

/** Says, in the gaps between the stretches, why the areas are missing there. */
function nameGaps(
  layers: readonly (readonly Layer[])[],
  course: readonly Course[],
  scale: Scale,
  taken: Box[],
): readonly (Markup | undefined)[] {
  const text = "not seen from inside";
  const width = textWidth(text, { size: smallSize });
  const edges = [
    coursePlot.left,
    ...layers.flatMap((stretch) => [stretch[0], stretch.at(-1)].map((l) => scale.x(l?.time ?? 0))),
    coursePlot.right,
  ];
  for (let index = 0; index < edges.length; index += 2) {
    const [from = 0, to = 0] = edges.slice(index, index + 2);
    const place = { x: (from + to - width) / 2, y: coursePlot.bottom - 24, width, height: 14 };
    const fits = to - from > width + 12 && near(course, place, scale).every(({ rss }) => scale.y(rss) < place.y);
    if (!fits || taken.some((other) => overlap(place, other))) continue;
    taken.push(place);
    return [label([place.x, place.y + 10], text, { size: smallSize })];
  }
  return [];
}

/** Writes the name of each kind of memory into its own area, where the area is thickest, or nowhere. */
function nameAreas(layers: readonly (readonly Layer[])[], scale: Scale, taken: Box[]): readonly (Markup | undefined)[] {
  const kinds = [
    { text: "JavaScript heap", bold: true, fill: "#ffffff", lower: (l: Layer) => l.rest, upper: (l: Layer) => l.heap },
    { text: "ArrayBuffers", bold: true, fill: "#ffffff", lower: (l: Layer) => l.heap, upper: (l: Layer) => l.own },
    { text: "child processes", bold: true, fill: "#ffffff", lower: (l: Layer) => l.own, upper: (l: Layer) => l.rss },
    { text: "native, code, stacks", bold: false, fill: colours.ink, lower: () => 0, upper: (l: Layer) => l.rest },
  ];
  return kinds.map(({ text, bold, fill, lower, upper }) => {
    const size = bold ? labelSize : smallSize;
    const width = textWidth(text, { size, bold });
    const place = layers
      .flatMap((stretch) => roomsIn(stretch, { lower, upper }, width, scale))
      .filter((box) => !taken.some((other) => overlap(box, other)))
      .reduce<Box | undefined>(
        (best, box) => (best !== undefined && best.height >= box.height ? best : box),
        undefined,
      );
    if (place === undefined) return undefined;
    taken.push(place);
    return label([place.x, place.y + place.height / 2 + 4], text, { size, bold, fill });
  });
}

/** Every place inside an area that is as wide as a label and high enough for it. */
function roomsIn(
  stretch: readonly Layer[],
  area: { readonly lower: (layer: Layer) => number; readonly upper: (layer: Layer) => number },
  width: number,
  scale: Scale,
): readonly Box[] {
  const rooms: Box[] = [];
  for (let x = coursePlot.left + 6; x + width < coursePlot.right - 6; x += 12) {
    const column = { x, y: 0, width, height: 0 };
    if (!covers(stretch, column, scale)) continue;
    const inside = near(stretch, column, scale);
    const top = Math.max(...inside.map((layer) => scale.y(area.upper(layer))));
    const bottom = Math.min(...inside.map((layer) => scale.y(area.lower(layer))));
    if (bottom - top >= 15) rooms.push({ x, y: top, width, height: bottom - top });
  }
  return rooms;
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** One tick for each collection, as wide as its pause; full ones are tall and dark. */
function drawCollections({ pauses, collections }: MemoryProfile, scale: Scale): readonly (Markup | undefined)[] {
  if (collections === undefined || pauses.length === 0) return [];
  const row = label([coursePlot.left - 6, collectionRow.bottom - 1], "GC", { size: smallSize, anchor: "end" });
  const ticks = new Map<string, Markup>();
  for (const { time, pause, kind } of pauses) {
    if (kind !== "minor" && kind !== "major") continue;
    const x = Math.round(scale.x(time));
    const width = Math.max(kind === "major" ? 2 : 1, Math.round(scale.x(time + pause)) - x);
    const top = kind === "major" ? collectionRow.top : collectionRow.top + 4;
    // Thousands of collections share their pixels: one tick for each is enough.
    ticks.set(`${kind} ${x}`, html`M${x} ${top}h${width}V${collectionRow.bottom}h-${width}z`);
  }
  const path = (kind: "minor" | "major", opacity: number) => {
    const shapes = [...ticks].filter(([key]) => key.startsWith(kind)).map(([, shape]) => shape);
    return shapes.length === 0 ? undefined : html`<path d="${shapes}" fill-opacity="${opacity}"/>`;
  };
  return [row, path("minor", 0.45), path("major", 1)];
}

/** The shortest span that is drawn for itself, in pixels. */
const shortestSpan = 5;

/** Which line ran when, as a band under the collections; what ran at the peak is tinted. */
function drawLines({ ranLines: lines, duration }: MemoryProfile, scale: Scale): readonly (Markup | undefined)[] {
  if (lines === undefined) return [];
  const row = label([coursePlot.left - 6, lineRow.bottom - 3], "line", { size: smallSize, anchor: "end" });
  const spans = mergeSpans(
    lines.spans,
    (shortestSpan / (coursePlot.right - coursePlot.left)) * Math.max(duration, 0.001),
  );
  return [
    row,
    ...spans.flatMap(({ from, to, first, last }, index) => {
      // A gap of one pixel keeps neighbours apart.
      const [left, right] = [scale.x(from), Math.max(scale.x(from) + 1, scale.x(to) - 1)];
      // One line alone needs no pointing at.
      const isPeak =
        spans.length > 1 && lines.peak?.first === first && from <= lines.peak.time && to >= lines.peak.time;
      const names = first === last ? [`line ${first}`, String(first)] : [`lines ${first}–${last}`, `${first}–${last}`];
      const name = names.find((text) => textWidth(text, { size: smallSize }) + 6 <= right - left);
      return [
        rectangle(
          { x: left, y: lineRow.top, width: right - left, height: lineRow.bottom - lineRow.top },
          isPeak ? { fill: colours.accent } : { opacity: index % 2 === 0 ? 0.3 : 0.18 },
        ),
        name === undefined
          ? undefined
          : label([(left + right) / 2, lineRow.bottom - 3.5], name, {
              size: smallSize,
              anchor: "middle",
              // Dark on the accent, in both themes.
              ...(isPeak && { fill: "#111111" }),
            }),
      ];
    }),
  ];
}

/** Round figures from 0 to just above the peak, the unit once, at the top. */
function memoryTicks(peak: number): readonly { readonly bytes: number; readonly text: string }[] {
  const [unit, size] = peak >= 2 * 1024 ** 3 ? (["GiB", 1024 ** 3] as const) : (["MiB", 1024 ** 2] as const);
  const step = roundStep(peak / size / 3.2);
  const count = Math.ceil((peak * 1.02) / size / step);
  return Array.from({ length: count + 1 }, (_, index) => {
    const value = Number((index * step).toPrecision(6));
    return { bytes: value * size, text: index === count ? `${value} ${unit}` : String(value) };
  });
}

function timeTicks(duration: number): readonly { readonly time: number; readonly text: string }[] {
  const [unit, size] = timeUnit(duration);
  const step = roundStep(duration / size / 4.5);
  const count = Math.floor((duration / size / step) * 1.0001);
  return Array.from({ length: count + 1 }, (_, index) => {
    const value = Number((index * step).toPrecision(6));
    return { time: value * size, text: `${value} ${unit}` };
  });
}

function timeUnit(duration: number): readonly [unit: string, size: number] {
  if (duration < 1) return ["µs", 0.001];
  if (duration < 1000) return ["ms", 1];
  if (duration < 120_000) return ["s", 1000];
  return duration < 7_200_000 ? ["min", 60_000] : ["h", 3_600_000];
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function roundStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return power * ([1, 2, 2.5, 5].find((factor) => factor * power >= atLeast) ?? 10);
}
