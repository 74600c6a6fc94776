// Who held the memory over the time of a cell: the functions that held the most at any time, one under the other, on one
// scale. Pure.
import { type HolderCourse, holdersAt } from "../profiler/holder-course.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import { functionsOf, type HolderFrame } from "../profiler/peak-holders.js";
import { colours } from "./colours.js";
import { formatDuration } from "./format.js";
import { nameOfFrame, placeOfFrame } from "./memory-profile-holders.js";
import { coursePlot } from "./memory-profile-picture.js";
import { formatMebibytes } from "./memory-profile-words.js";
import { label, type Picture, type Point, picture, pictureWidth, polygon, polyline } from "./svg.js";

/** What held less than this at all times is not worth a line. */
const smallest = 0.25 * 1024 * 1024;
/** Nor is less than this of what the first one held. */
const smallShare = 0.02;
const shownFunctions = 6;

/** What one function held itself, at each moment of the course. */
export interface FunctionCourse {
  readonly frame?: HolderFrame;
  readonly heap: readonly number[];
  readonly offHeap: readonly number[];
  readonly most: number;
  /** When it held the most. */
  readonly time: number;
}

/** The functions that held the most at any time; the largest first. */
function functionCourses(course: HolderCourse): readonly FunctionCourse[] {
  const { moments } = course;
  const byKey = new Map<string, { frame?: HolderFrame; heap: number[]; offHeap: number[] }>();
  for (const [at, moment] of moments.entries()) {
    for (const { frame, heap, offHeap } of functionsOf(holdersAt(course, moment))) {
      const key = frame === undefined ? "" : `${frame.file} ${frame.line} ${frame.name}`;
      const nothing = () => moments.map(() => 0);
      const so = byKey.get(key) ?? { ...(frame && { frame }), heap: nothing(), offHeap: nothing() };
      byKey.set(key, so);
      so.heap[at] = heap;
      so.offHeap[at] = offHeap;
    }
  }
  return [...byKey.values()]
    .map(({ frame, heap, offHeap }) => {
      const sums = heap.map((bytes, at) => bytes + (offHeap[at] ?? 0));
      const most = Math.max(...sums);
      return { ...(frame && { frame }), heap, offHeap, most, time: moments[sums.indexOf(most)]?.time ?? 0 };
    })
    .sort((one, other) => other.most - one.most)
    .filter(({ most }, _, [first]) => most >= Math.max(smallest, (first?.most ?? 0) * smallShare))
    .slice(0, shownFunctions);
}

/** What is shown of a course. */
export interface ShownCourse {
  readonly moments: HolderCourse["moments"];
  /** The largest first; at least one. */
  readonly functions: readonly FunctionCourse[];
}

/** The course of a profile when there is something to draw of it. */
export function shownCourse({ course }: MemoryProfile): ShownCourse | undefined {
  if (course === undefined || "missing" in course || course.value.moments.length < 2) return undefined;
  const functions = functionCourses(course.value);
  return functions.length === 0 ? undefined : { moments: course.value.moments, functions };
}

/** What the picture shows, in words: a line for each function. */
export function courseWords({ functions }: ShownCourse): readonly string[] {
  return functions.map(({ frame, most, time }) => {
    const [name, place] = [nameOfFrame(frame), placeOfFrame(frame)];
    return `${name === place || place === "" ? name : `${name} ${place}`}: up to ${formatMebibytes(most)} MiB, at ~${formatDuration(time)}`;
  });
}

/** The area of the function that held the most; the others are as high as they held, and wide enough to be seen. */
const areaHeight = 48;
const lowestArea = 5;
const labelHeight = 19;
const rowGap = 5;
const headHeight = 20;
const labelSize = 11;

/** Leaves out the points between others of the same height: a report is stored in a notebook. */
function corners(points: readonly Point[]): readonly Point[] {
  const same = (one: Point | undefined, [, y]: Point) => one !== undefined && Math.abs(one[1] - y) < 0.05;
  return points.filter((point, at) => !(same(points[at - 1], point) && same(points[at + 1], point)));
}

/** Draws the functions under each other, on the time axis of the course above them. */
export function drawFunctionCourses(course: ShownCourse, duration: number): Picture {
  const { moments, functions: rows } = course;
  const highest = Math.max(...rows.map(({ most }) => most));
  const words = courseWords(course);
  const heightOf = (most: number) => Math.max(lowestArea, (most / highest) * areaHeight);
  const bases: number[] = [];
  let bottom = headHeight;
  for (const { most } of rows) {
    bottom += labelHeight + heightOf(most);
    bases.push(bottom);
    bottom += rowGap;
  }
  const x = (time: number) =>
    coursePlot.left + (Math.min(time, duration) / Math.max(duration, 0.001)) * (coursePlot.right - coursePlot.left);
  return picture({ width: pictureWidth, height: bottom }, [
    label(
      [coursePlot.left, 13],
      "who held it over time, by what functions allocated themselves: heap blue, off heap violet",
      {
        size: labelSize,
      },
    ),
    rows.map(({ heap, offHeap, most }, row) => {
      const base = bases[row] ?? 0;
      const y = (bytes: number) => base - (bytes / highest) * areaHeight;
      const line = (of: (at: number) => number) => corners(moments.map(({ time }, at) => [x(time), y(of(at))]));
      const ground: readonly Point[] = [
        [x(moments[0]?.time ?? 0), base],
        [x(moments.at(-1)?.time ?? 0), base],
      ];
      const onHeap = heap.some((bytes) => bytes > 0) ? line((at) => heap[at] ?? 0) : ground;
      const all = line((at) => (heap[at] ?? 0) + (offHeap[at] ?? 0));
      return [
        onHeap !== ground && polygon([...onHeap, ...ground.toReversed()], { fill: colours.heap, opacity: 0.92 }),
        offHeap.some((bytes) => bytes > 0) &&
          polygon([...all, ...onHeap.toReversed()], { fill: colours.offHeap, opacity: 0.92 }),
        polyline(
          [
            [coursePlot.left, base],
            [coursePlot.right, base],
          ],
          { opacity: 0.4 },
        ),
        label([coursePlot.left, base - heightOf(most) - 5], words[row] ?? "", {
          size: labelSize,
          bold: row === 0,
          maxWidth: coursePlot.right - coursePlot.left,
        }),
        label([coursePlot.left - 6, y(most) + 4], (most / 1024 / 1024).toFixed(0), { size: 10, anchor: "end" }),
      ];
    }),
  ]);
}
