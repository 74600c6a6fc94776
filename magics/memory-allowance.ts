import { readMemoryAllowance as readAllowance } from "../profiler/system/memory-limits.js";

/** What the kernel may use, for the share that a peak is of it; a system that does not tell leaves it out. */
export async function readMemoryAllowance(): Promise<{
  readonly allowance?: { readonly value: number; readonly source: string };
}> {
  try {
    const { value, name, file } = await readAllowance();
    return { allowance: { value, source: file === undefined ? name : `${name}, ${file}` } };
  } catch {
    // Only the sentence about the share is lost, and %sysinfo says what is wrong.
    return {};
  }
}
