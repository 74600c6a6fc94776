// Mid-tones that stand on white and on black alike, because a report cannot ask which theme it is shown in.

/** The colours of every report; what is neither heap nor off the heap is ink, with an opacity. */
export const colours = {
  ink: "#808080",
  heap: "#3b82c4",
  offHeap: "#7667b8",
  /** What other processes hold. */
  children: "#4d8a8a",
  /** The one thing to look at. */
  accent: "#d9822b",
  good: "#4d9a5b",
  bad: "#c9453b",
} as const;
