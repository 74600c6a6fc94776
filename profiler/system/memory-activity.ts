import { dirname } from "node:path";
import type { MemoryAllowance } from "./memory-limits.js";
import { parseFlatKey, parseKibibytes } from "./parse.js";
import type { System } from "./system.js";

/** What the memory under a limit is doing, in bytes; what is not counted is absent. */
export interface MemoryActivity {
  /** Held by nobody, not even by caches. */
  readonly free?: number;
  /** Used lately. */
  readonly active?: number;
  readonly inactive?: number;
}

/** Reads it of the group whose limit holds, or else of the machine. */
export async function readMemoryActivity(memory: MemoryAllowance, system: System): Promise<MemoryActivity> {
  const { holds, used } = memory;
  if (holds.file === undefined || holds.kind === "process") return {};
  if (holds.kind === "machine") {
    const text = await system.readText(holds.file);
    const field = (name: string) => ("value" in text ? parseKibibytes(text.value, name) : undefined);
    return present({ free: field("MemFree"), active: field("Active"), inactive: field("Inactive") });
  }
  const text = await system.readText(`${dirname(holds.file)}/memory.stat`);
  // Version 1 counts the groups below in fields of their own.
  const field = (name: string) =>
    "value" in text ? (parseFlatKey(text.value, `total_${name}`) ?? parseFlatKey(text.value, name)) : undefined;
  const both = (name: string) => {
    const [anonymous, file] = [field(`${name}_anon`), field(`${name}_file`)];
    return anonymous === undefined || file === undefined ? undefined : anonymous + file;
  };
  // What is told as used is so without the cache that is not used any more.
  const cache = field("inactive_file");
  const free = "value" in used && cache !== undefined ? Math.max(0, holds.value - used.value.value - cache) : undefined;
  return present({ free, active: both("active"), inactive: both("inactive") });
}

function present(parts: { readonly [K in keyof MemoryActivity]: number | undefined }): MemoryActivity {
  const { free, active, inactive } = parts;
  return {
    ...(free !== undefined && { free }),
    ...(active !== undefined && { active }),
    ...(inactive !== undefined && { inactive }),
  };
}
