// Child processes that share the cell's stdout and stderr write straight to the kernel, also while the cell computes.
// So that what they write late is still known to be their cell's, each cell that starts some gets a lane for them: two
// pipes of its own. Cells that find all lanes taken share file descriptors 1 and 2.

/** How many cells can have child processes that are told apart. */
export const laneCount = 4;
const firstDescriptor = 6;

/** The file descriptors of a lane, in the executor. */
export function laneDescriptors(lane: number): { readonly stdout: number; readonly stderr: number } {
  const stdout = firstDescriptor + 2 * lane;
  return { stdout, stderr: stdout + 1 };
}
