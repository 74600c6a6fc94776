// What a picture or a table of stacks calls the bytes on them: held at one moment, or allocated over the whole time.

/** The words for the bytes of stacks. */
export interface StackWords {
  readonly heading: string;
  /** `held by` heads the column of functions. */
  readonly did: "held" | "allocated";
  /** What the accent marks. */
  readonly most: string;
}

/** For what was there at one moment. */
export const heldWords: StackWords = { heading: "who held it", did: "held", most: "holds the most itself" };

/** For all that was allocated, freed again or not. */
export const allocatedWords: StackWords = {
  heading: "who allocated it",
  did: "allocated",
  most: "allocated the most itself",
};
