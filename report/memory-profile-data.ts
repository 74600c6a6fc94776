// The data of a report as it is stored in notebooks and pages, and back. Pure.

import type { MemoryMoment, MemoryProfile } from "../profiler/memory-profile.js";
import type { HeapState } from "../profiler/memory-reading.js";

/** The profile with its lists column by column, `null` where a figure is absent: a third of the size of lists of objects. */
export function dataOfProfile({ timeline, pauses, ...figures }: MemoryProfile): Readonly<Record<string, unknown>> {
  const column = (figureOf: (moment: MemoryMoment) => number | undefined) =>
    timeline.map((moment) => figureOf(moment) ?? null);
  return {
    kind: "memory",
    ...figures,
    pauses: {
      time: pauses.map(({ time }) => roundTime(time)),
      pause: pauses.map(({ pause }) => roundTime(pause)),
      kind: pauses.map(({ kind }) => kind),
      count: pauses.map(({ count }) => count),
    },
    timeline: {
      time: column(({ time }) => roundTime(time)),
      rss: column(({ rss }) => rss),
      heapTotal: column(({ heap }) => heap?.heapTotal),
      heapUsed: column(({ heap }) => heap?.heapUsed),
      external: column(({ heap }) => heap?.external),
      arrayBuffers: column(({ heap }) => heap?.arrayBuffers),
      childrenRss: column(({ childrenRss }) => childrenRss),
      ...(timeline.some(({ children }) => children !== undefined) && { children: column(({ children }) => children) }),
    },
  };
}

type Column = readonly (number | null)[];

interface ProfileData extends Omit<MemoryProfile, "timeline" | "pauses"> {
  readonly kind: "memory";
  readonly pauses: {
    readonly [K in keyof MemoryProfile["pauses"][number]]: readonly MemoryProfile["pauses"][number][K][];
  };
  readonly timeline: Readonly<Record<"time" | "rss" | "childrenRss" | keyof HeapState, Column>> & {
    readonly children?: Column;
  };
}

/** Reads what `dataOfProfile` has written. */
export function profileOfData(data: unknown): MemoryProfile {
  // Only pages and notebooks that this package wrote are read by it.
  const { kind: _, timeline, pauses, ...figures } = data as ProfileData;
  return {
    ...figures,
    pauses: pauses.time.map((time, index) => ({
      time,
      pause: pauses.pause[index] ?? 0,
      kind: pauses.kind[index] ?? "minor",
      count: pauses.count[index] ?? 1,
    })),
    timeline: timeline.time.map((time, index) => {
      const [heapTotal, heapUsed, external, arrayBuffers, childrenRss] = [
        timeline.heapTotal[index],
        timeline.heapUsed[index],
        timeline.external[index],
        timeline.arrayBuffers[index],
        timeline.childrenRss[index],
      ];
      const children = timeline.children?.[index];
      const heap =
        typeof heapTotal === "number" && typeof heapUsed === "number"
          ? { heapTotal, heapUsed, external: external ?? 0, arrayBuffers: arrayBuffers ?? 0 }
          : undefined;
      return {
        time: time ?? 0,
        rss: timeline.rss[index] ?? 0,
        ...(heap && { heap }),
        ...(typeof childrenRss === "number" && { childrenRss }),
        ...(typeof children === "number" && { children }),
      };
    }),
  };
}

/** Milliseconds to the nearest 10 microseconds. */
function roundTime(time: number): number {
  return Math.round(time * 100) / 100;
}
