/**
 * What probed code refers to: constants of the script scope, which V8 folds into optimized code as it does with no
 * property of the global object. The executor's probe declares them.
 */
export const probeNames = {
  /** `Int32Array` of length 1: the number of the site that runs. */
  register: "$csR",
  /** `Uint8Array` by site: whether the site is to be read when it ends. */
  flags: "$csF",
  /** `Uint32Array` by site: how often it was begun. */
  counts: "$csU",
  /** `Int32Array` by site: how many runs were left of its stretch when they were last counted. */
  left: "$csC",
  /** `(site)`: a stretch of runs of `site` is over; reads the memory, if it is to be read, and returns how many the next one has. */
  lapse: "$csL",
  /** `(site, flag = site)`: reads the memory; what has changed since the last read belongs to `site`. */
  read: "$csS",
  /** `(site)`: reads the memory in the middle of `site`, which calls; what has changed belongs to it. */
  enter: "$csE",
  /** `(site, value)`: the value by which `site` decides how it goes on is there; returns it. */
  decide: "$csD",
  /** `(site, next, value)`: `site` ends here, `next` goes on; returns the value. */
  leave: "$csY",
  /** `(site, next, value)`: `site` waits in its middle, `next` goes on; returns the value. */
  suspend: "$csW",
  /** `(site, value)`: `site`, which has waited for the value, goes on; returns it. */
  resume: "$csV",
} as const;

/** All of them begin so, and so does what probes declare inside of functions. */
export const probePrefix = "$cs";
