// `%memprofile --output FILE`: a measurement in the format that the file's extension names.
import { constants } from "node:fs";
import { access, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { UsageError } from "../kernel/errors.js";
import type { CpuProfile } from "../profiler/cpu-profile.js";
import type { LineProfile } from "../profiler/lines/line-profile.js";
import type { Measured } from "../profiler/measured.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import type { HolderStacks } from "../profiler/peak-holders.js";
import type { Sample } from "../profiler/sample-frames.js";
import { encodeSampleTable } from "../profiler/sample-table.js";
import { chromeCpuProfileOf } from "../report/cpu-profile-file.js";
import type { MemoryComparison } from "../report/memory-comparison.js";
import { dataOfProfile } from "../report/memory-profile-data.js";
import { renderReportPage } from "../report/memory-profile-page.js";
import { heapProfileOf, speedscopeOf } from "../report/memory-profile-stacks.js";
import { encodePprof } from "../report/pprof-file.js";
import { allocatedWords, heldWords, type StackWords } from "../report/stack-words.js";
import { checkIdentifier } from "./dispatch/identifier.js";
import type { MagicContext } from "./dispatch/magic.js";
import { readPageScript } from "./page-script.js";

/** What there is to write of a run. */
export interface WritableRun {
  readonly profile: MemoryProfile;
  readonly samples: readonly Sample[];
  /** The clock of the samples when the cell began. */
  readonly began: number;
  readonly lineProfile?: Measured<LineProfile>;
  /** Where the program of a page is; see `KernelProbe`. */
  readonly pageScriptPath?: string;
  /** A run before, with which this one is compared. */
  readonly comparison?: MemoryComparison;
  /** Where the CPU time went; see `Format.cpuProfile`. */
  readonly cpuProfile?: Measured<CpuProfile>;
}

type Encode = (run: WritableRun) => string | Promise<string | Uint8Array>;

/** What a file is written as; formats that tell the time of functions too have it sampled while the code runs. */
interface Format {
  readonly encode: Encode;
  readonly cpuProfile?: true;
}

const formats: Readonly<Record<string, Format>> = {
  ".json": { encode: ({ profile }) => jsonOf(dataOfProfile(profile)) },
  ".arrow": { encode: ({ samples, began }) => encodeSampleTable(samples, began, "file") },
  ".html": { encode: encodePage },
  ".heapprofile": { encode: ({ profile }) => jsonOf(heapProfileOf(stacksOf(profile).stacks)) },
  ".cpuprofile": { encode: (run) => jsonOf(chromeCpuProfileOf(cpuProfileOf(run))), cpuProfile: true },
  ".speedscope.json": {
    encode: ({ profile }) => {
      const { stacks, words } = stacksOf(profile);
      return jsonOf(speedscopeOf(stacks, words));
    },
  },
  ".pb.gz": { encode: encodePprofFile, cpuProfile: true },
};

/** Where a measurement goes: a variable of the notebook, or a file. */
export type ProfileTarget =
  | { readonly kind: "variable"; readonly name: string }
  | ({ readonly kind: "file"; readonly path: string } & Format);

/** Reads what stands behind `--output`, before anything runs: a slip must not cost the run. */
export async function readProfileTarget(output: string, directory: string): Promise<ProfileTarget> {
  if (!/[./\\]/.test(output)) {
    checkIdentifier(output, "--output");
    return { kind: "variable", name: output };
  }
  return readFileTarget("--output", output, directory);
}

/** Reads a path whose extension names a format. */
export async function readFileTarget(
  option: string,
  output: string,
  directory: string,
): Promise<Extract<ProfileTarget, { readonly kind: "file" }>> {
  // The longest that fits: `.speedscope.json` is a `.json` too.
  const [extension] = Object.keys(formats)
    .filter((known) => output.toLowerCase().endsWith(known))
    .sort((one, other) => other.length - one.length);
  const format = formats[extension ?? ""];
  if (format === undefined) {
    const known = Object.keys(formats);
    throw new UsageError(
      `${option} takes ${option === "--output" ? "the name of a variable, or " : ""}a file that ends in ${known.slice(0, -1).join(", ")} or ${known.at(-1)}, got ${JSON.stringify(output)}.`,
    );
  }
  const path = resolve(directory, output);
  await checkWritable(option, path);
  return { kind: "file", path, ...format };
}

/** Reads the path of a text, whatever its extension. */
export async function readTextPath(option: string, file: string, directory: string): Promise<string> {
  if (file === "") throw new UsageError(`${option} needs a file: ${option} report.txt.`);
  const path = resolve(directory, file);
  await checkWritable(option, path);
  return path;
}

/** Writes a text and tells where, as memory_profiler does; one that cannot be written costs the cell nothing. */
export async function writeText(
  path: string,
  text: string,
  { output }: Pick<MagicContext, "output">,
  what = "Profile printout saved to text file",
): Promise<void> {
  try {
    await writeFile(path, `${text}\n`);
    output.stream("stdout", `*** ${what} ${path}.\n`);
  } catch (error) {
    output.stream(
      "stderr",
      `${path} could not be written: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}

/** Writes a run. */
export async function writeProfile(
  { path, encode }: Extract<ProfileTarget, { readonly kind: "file" }>,
  run: WritableRun,
): Promise<void> {
  await writeFile(path, await encode(run));
}

async function encodePage({ profile, lineProfile, comparison, pageScriptPath }: WritableRun): Promise<string> {
  return renderReportPage({
    profile,
    ...(lineProfile && { lineProfile }),
    ...(comparison && { comparison }),
    ...(pageScriptPath !== undefined && { script: await readPageScript(pageScriptPath) }),
  });
}

/** A CPU profile that failed must not take the bytes with it. */
async function encodePprofFile({ profile, cpuProfile }: WritableRun): Promise<Uint8Array> {
  const { stacks, words } = stacksOf(profile);
  const bytes = encodePprof({
    holders: stacks,
    words,
    ...(cpuProfile !== undefined && "value" in cpuProfile && { cpuProfile: cpuProfile.value }),
    created: Date.now(),
    duration: profile.duration,
  });
  const { gzip } = await import("node:zlib");
  return promisify(gzip)(bytes);
}

function cpuProfileOf({ cpuProfile }: WritableRun): CpuProfile {
  if (cpuProfile === undefined || "missing" in cpuProfile) {
    throw new Error(`there is no CPU profile: ${cpuProfile?.missing ?? "the process that ran the cell ended"}`);
  }
  return cpuProfile.value;
}

async function checkWritable(option: string, path: string): Promise<void> {
  try {
    if ((await stat(path).catch(() => undefined))?.isDirectory()) throw new Error("it is a directory");
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${option} cannot write ${path}: ${reason}.`, { cause });
  }
}

/** Who held it, or who allocated: what was asked for. */
function stacksOf({ holders, allocations }: MemoryProfile): {
  readonly stacks: HolderStacks;
  readonly words: StackWords;
} {
  if (allocations !== undefined && "value" in allocations) return { stacks: allocations.value, words: allocatedWords };
  if (holders !== undefined && "value" in holders) return { stacks: holders.value, words: heldWords };
  const reason = allocations?.missing ?? holders?.missing ?? "the process that ran the cell ended";
  throw new Error(`there are no stacks to write: ${reason}`);
}

function jsonOf(data: unknown): string {
  return `${JSON.stringify(data)}\n`;
}
