// What the probe in the executor and the profiler in the kernel say to each other about lines.

/** The constants by which probed code knows the meter; see `kernel/language/line-probes/names.ts`. */
export interface ProbeNames {
  readonly register: string;
  readonly flags: string;
  readonly counts: string;
  readonly left: string;
  readonly lapse: string;
  readonly read: string;
  readonly enter: string;
  readonly decide: string;
  readonly leave: string;
  readonly suspend: string;
  readonly resume: string;
}

/** The code of a cell, without and with its probes. */
export interface ProbedSource {
  readonly plain: string;
  /** With the probes of its functions alone. */
  readonly inner: string;
  readonly probed: string;
  /** It is the cell that is measured; the code of another one has to be exchanged first. */
  readonly isCurrent: boolean;
  /** What to call it in a message: `In[3]`. */
  readonly name: string;
  /** The name of its script, where only one of several with this code is meant. */
  readonly script?: string;
}

/** What the probe needs to know before the cell. */
export interface LineMeterOptions {
  readonly names: ProbeNames;
  readonly firstSite: number;
  readonly siteCount: number;
  /** By site, from `firstSite`: the site that counts for it. */
  readonly counters: readonly number[];
  /** By site: how what it takes differs from one run to the next; `variations` of `kernel/language/line-probes/allocates.ts`. */
  readonly variations: readonly number[];
  readonly sources: readonly ProbedSource[];
}

/** What was measured of each site, column by column, from `firstSite`. Bytes and milliseconds. */
export interface LineReading {
  readonly counts: Float64Array;
  /** Allocated in V8's heap and outside of it, read right after the statement or told apart by its counts. */
  readonly heap: Float64Array;
  readonly external: Float64Array;
  /** Of both together, what no other statement can have allocated. */
  readonly certain: Float64Array;
  /** CPU time of the thread that runs the cells, by samples. */
  readonly cpu: Float64Array;
  /** Change of RSS, by samples. */
  readonly rss: Float64Array;
  /** Highest RSS that a sample saw while the site ran; 0 when none did. */
  readonly peak: Float64Array;
  /** The same seven figures of code without a site. */
  readonly elsewhere: {
    readonly heap: number;
    readonly external: number;
    readonly cpu: number;
    readonly rss: number;
    readonly peak: number;
  };
  readonly sampleCount: number;
  /** The site that ran in each `step` of the time from `began` on, by its number; 0 for none. */
  readonly course: { readonly began: number; readonly step: number; readonly sites: Int32Array };
  readonly firstSite: number;
  /** Why something is not as it should be: sentences for a reader. */
  readonly notes: readonly string[];
}
