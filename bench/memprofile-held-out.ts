import type { MemoryCell } from "./memprofile-cells.js";

/** Cells that were written when the method was done, and then run once. */
export const heldOutCells: readonly MemoryCell[] = [];
