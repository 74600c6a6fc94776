// What a frame of samples costs the kernel's process: ours and the library's way to the same Arrow IPC stream, in turns.
// Run by `npm run bench -- samples`; `--rows N` is the number of samples in a frame, `--rounds N` of frames.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { tableFromIPC } from "apache-arrow";
import { decodeFrame, encodeFrame, type Sample } from "../profiler/sample-frames.js";
import { encodeSampleTable } from "../profiler/sample-table.js";
import { median } from "./statistics.js";

const { values } = parseArgs({
  options: { rows: { type: "string", default: "12" }, rounds: { type: "string", default: "2000" } },
});
const [rows, rounds] = [values.rows, values.rounds].map((word) => {
  const number = Number(word);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--rows and --rounds are positive integers, got ${word}.`);
  return number;
}) as [number, number];

const samples = Array.from({ length: rows }, (_, row): Sample => {
  const fromInside = row % 2 === 0 ? 0 : Number.NaN;
  return {
    time: 1000 + row * 10,
    pid: 4242,
    rss: 1e8 + row * 4096,
    childrenRss: 0,
    heapTotal: 5e7 + fromInside,
    heapUsed: 4e7 + fromInside,
    external: 1e6 + fromInside,
    arrayBuffers: 1e5 + fromInside,
    cpu: row * 10,
  };
});
const frame = encodeFrame({ samples, through: 2000 });
const stream = await encodeSampleTable(samples, 0);

const tasks: Readonly<Record<string, () => unknown>> = {
  "write, ours": () => encodeFrame({ samples, through: 2000 }),
  "write, apache-arrow": () => encodeSampleTable(samples, 0),
  "read, ours": () => decodeFrame(frame),
  "read, apache-arrow": () =>
    tableFromIPC(stream)
      .toArray()
      .map((row) => row.toJSON()),
};
const costs = new Map(Object.keys(tasks).map((name) => [name, [] as number[]]));
for (let round = -200; round < rounds; round++) {
  for (const [name, run] of Object.entries(tasks)) {
    const began = performance.now();
    await run();
    if (round >= 0) costs.get(name)?.push((performance.now() - began) * 1000);
  }
}
console.log(`${rows} samples in a frame of ${frame.length} bytes; medians of ${rounds} frames in turns`);
for (const [name, list] of costs) console.log(`${name.padEnd(20)} ${median(list).toFixed(1).padStart(8)} µs`);

const load =
  "const t = performance.now(), m = process.memoryUsage.rss(); require('apache-arrow'); console.log(performance.now() - t, process.memoryUsage.rss() - m)";
const loads = Array.from({ length: 5 }, () =>
  spawnSync(process.execPath, ["-e", load], { encoding: "utf8" }).stdout.trim().split(" ").map(Number),
);
const [time, memory] = [0, 1].map((column) => median(loads.map((row) => row[column] ?? Number.NaN))) as [
  number,
  number,
];
console.log(`apache-arrow has to be loaded first: ${time.toFixed(0)} ms, ${(memory / 1024 / 1024).toFixed(1)} MiB`);
