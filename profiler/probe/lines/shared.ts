// The memory that the meter, on the cells' thread, and the looks of the guard's thread share.

/** The name of the BroadcastChannel on which the meter gives its memory to the guard's thread. */
export const lineChannel = "cellscope.lines";

/** So many sites have numbers; when they are used up, numbering starts again. */
export const siteCapacity = 65_536;

/** The words of `Shared.control`. */
export const control = {
  /** 1 while a cell is measured. */
  running: 0,
  /** How often the guard has looked. */
  ticks: 1,
  /** The sites that are measured. */
  firstSite: 2,
  siteCount: 3,
  /** 1 once the guard is at work, for the first time. */
  ready: 4,
  /** How many milliseconds a place of the course stands for; doubled whenever the course is full. */
  step: 5,
  /** How many of its places are taken. */
  taken: 6,
} as const;

/** Places of the course. */
export const courseLength = 2048;

/** All of it is over `SharedArrayBuffer`s. */
export interface Shared {
  readonly control: Int32Array;
  /** The site that runs. */
  readonly register: Int32Array;
  readonly flags: Uint8Array;
  /** By site, site 0 for what has none: the guard writes, once its run is over everybody may read. */
  readonly cpu: Float64Array;
  readonly rss: Float64Array;
  readonly peak: Float64Array;
  /** The site that ran in each step of the time, from the first look on. */
  readonly course: Int32Array;
  /** When the first look was: milliseconds of `process.hrtime`. */
  readonly began: Float64Array;
}

/** Takes the shared memory; pages that are never written to cost nothing. */
export function createShared(): Shared {
  const words = (count: number) => new Int32Array(new SharedArrayBuffer(count * 4));
  const figures = () => new Float64Array(new SharedArrayBuffer(siteCapacity * 8));
  return {
    control: words(Object.keys(control).length),
    register: words(1),
    flags: new Uint8Array(new SharedArrayBuffer(siteCapacity)),
    cpu: figures(),
    rss: figures(),
    peak: figures(),
    course: words(courseLength),
    began: new Float64Array(new SharedArrayBuffer(8)),
  };
}
