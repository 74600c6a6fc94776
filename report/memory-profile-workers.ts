// The worker threads of a cell: a table with a row for each.
import type { MemoryProfile } from "../profiler/memory-profile.js";
import { sumOf, type WorkerUse } from "../profiler/worker-use.js";
import { formatDuration } from "./format.js";
import { formatMebibytes } from "./memory-profile-words.js";

/** The titles of the table. */
export const workerColumns = ["worker thread", "most MiB", "heap", "off heap", "at the end", "CPU"] as const;

const shownWorkers = 10;

/** A row for each worker thread, the largest first; what was not read is a dash. */
export function workerRows({ workers = [] }: MemoryProfile): readonly (readonly string[])[] {
  const most = (use: WorkerUse) => (use.peak === undefined ? 0 : sumOf(use.peak));
  const sorted = workers.toSorted((one, other) => most(other) - most(one));
  const rest = sorted.slice(shownWorkers);
  const rows = sorted.slice(0, shownWorkers).map((use) => {
    const { peak, end, cpu } = use;
    return [
      nameOf(use),
      ...(peak === undefined
        ? ["—", "—", "—"]
        : [`~${formatMebibytes(sumOf(peak))}`, formatMebibytes(peak.heapTotal), formatMebibytes(peak.external)]),
      end === undefined ? "ended" : `~${formatMebibytes(sumOf(end))}`,
      cpu === undefined ? "—" : formatDuration(cpu),
    ];
  });
  return rest.length === 0 ? rows : [...rows, [`${rest.length} others`, "", "", "", "", ""]];
}

/** What there is to say about how they were read. */
export function workerNotes({ workers = [] }: MemoryProfile): readonly string[] {
  if (workers.length === 0) return [];
  const unread = workers.filter(({ peak }) => peak === undefined).length;
  return [
    "Worker threads: heap and external memory by samples of each thread; a part of the peak, and not in the picture's heap.",
    ...(unread === 0
      ? []
      : [
          `${unread} of ${workers.length} worker threads ended, or were busy in native code, before they could be read.`,
        ]),
  ];
}

function nameOf({ name, file }: WorkerUse): string {
  const path = file.replaceAll("\\", "/");
  const shown = path.slice(path.lastIndexOf("/") + 1);
  if (name === "" && shown === "") return "(code given as text)";
  return name === "" || shown === "" ? name + shown : `${name} ${shown}`;
}
