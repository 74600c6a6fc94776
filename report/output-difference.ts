import type { CellReport, OutputDifference } from "./run-report.js";

/** One difference as lines: where it is, and what was there and is now. */
export function formatDifference({ lines, ...place }: OutputDifference): string[] {
  return [`${describeDifference(place)}:`, ...lines.map((line) => `  ${line}`)];
}

/** Where outputs differ: `output 1, display_data, image/png is missing`. */
export function describeDifference({ output, mimeType, change }: Omit<OutputDifference, "lines">): string {
  return `${mimeType === undefined ? output : `${output}, ${mimeType}`}${notes[change]}`;
}

const notes = { changed: "", missing: " is missing", new: " is new" } as const;

/** Whether the outputs of a cell were compared and differ. */
export function isDifferent({ differences = [] }: CellReport): boolean {
  return differences.length > 0;
}
