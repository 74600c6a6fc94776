// How soon a kernel is there, how quickly it answers and what it takes, against stock tslab, ipykernel and Deno's
// kernel, in turns in one run: absolute times depend on the machine and its load, the ratios much less. Run by
// `npm run bench -- kernel`; `--help` lists the options.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { languagePlace } from "../cli/language-place.js";
import { prepareLanguage } from "../kernel/language/client.js";
import { type Figure, groups } from "./kernel-measures.js";
import { otherCheckout, type Peer, peers, preparePeers } from "./kernel-peers.js";
import { renderTable, summarize } from "./kernel-table.js";

const usage = `Usage: npm run bench -- kernel [options]

Options:
  --only NAMES     Groups of measures, with commas between: ${Object.keys(groups).join(", ")}.
  --peers NAMES    Kernels, with commas between: ${Object.keys(peers).join(", ")}. The first is what the others are compared with.
  --against DIR    Compare with Cellscope as it was built in another checkout, too.
  --rounds N       How often each group is measured; by default as often as it needs.
  --json           Print all figures as JSON.
`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(groups).join(",") },
    peers: { type: "string", default: Object.keys(peers).join(",") },
    against: { type: "string" },
    rounds: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const chosenGroups = readNames("only", values.only, groups);
const rounds = values.rounds === undefined ? undefined : positiveInteger("rounds", values.rounds);

const cwd = preparePeers();
// It costs each start of Node 20 some 36 ms, and is set on some machines and not on others.
delete process.env.NODE_EXTRA_CA_CERTS;
// What the cells of a benchmark were is nobody's history.
process.env.CELLSCOPE_HISTORY = "off";

const { present, absent } = findPeers();
// As `cellscope install` leaves a machine: a kernel that lives for seconds never builds the snapshot itself.
await prepareLanguage(languagePlace());
for (const { launch } of present) if (launch.name === "before") prepareOther(launch.argv[1] ?? "");

const results = new Map<string, Figure[]>(present.map(({ launch }) => [launch.name, []]));
for (const [name, group] of chosenGroups) {
  const count = rounds ?? group.rounds;
  // Where times of a few milliseconds are compared, the first round fills the caches of the disk and of the kernels.
  const warmUps = name === "start" ? 1 : 0;
  for (let round = -warmUps; round < count; round += 1) {
    for (const peer of turns(present, round)) {
      process.stderr.write(`\r\x1b[K${name}: ${peer.launch.name}, ${round + 1} of ${count}`);
      const figures = await group.run(peer, cwd).catch((error: unknown) => {
        console.error(`\n${name}: ${peer.launch.name} failed: ${error instanceof Error ? error.message : error}`);
        process.exitCode = 1;
        return [];
      });
      if (round >= 0) results.get(peer.launch.name)?.push(...figures);
    }
  }
}
process.stderr.write("\r\x1b[K");
const names = [...results.keys()];
const measures = summarize(results);
const versions = Object.fromEntries(present.map(({ launch, version }) => [launch.name, version]));
if (values.json) {
  const machine = { node: process.version, cores: cpus().length, platform: process.platform };
  console.log(JSON.stringify({ ...machine, versions, absent, measures }, undefined, 2));
} else {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  console.log(`Node ${process.version}, ${cpus().length} cores; ${list.join(", ")}`);
  console.log("Medians of kernels started in turns (least to most); × is the ratio to the first column.\n");
  console.log(renderTable(measures, names));
  for (const line of absent) console.log(line);
}
// A kernel that hangs keeps its sockets.
process.exit();

function findPeers(): { readonly present: readonly Peer[]; readonly absent: readonly string[] } {
  const found = readNames("peers", values.peers, peers).map(([name, find]) => ({ name, peer: find() }));
  if (values.against !== undefined) found.splice(1, 0, { name: "before", peer: otherCheckout(values.against) });
  return {
    present: found.flatMap(({ peer }) => ("absent" in peer ? [] : [peer])),
    absent: found.flatMap(({ name, peer }) => ("absent" in peer ? [`${name} was not measured: ${peer.absent}.`] : [])),
  };
}

/** By its own means: it may prepare something else than we do. */
function prepareOther(program: string): void {
  const prefix = mkdtempSync(join(tmpdir(), "cellscope-bench-"));
  try {
    execFileSync(process.execPath, [program, "install", "--prefix", prefix]);
  } finally {
    rmSync(prefix, { recursive: true, force: true });
  }
}

/** Each round begins with another one, so that none always comes after the same. */
function turns(list: readonly Peer[], round: number): readonly Peer[] {
  const first = (round + list.length) % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

function readNames<T>(option: string, text: string, known: Readonly<Record<string, T>>): (readonly [string, T])[] {
  return text.split(",").map((name) => {
    const value = Object.hasOwn(known, name) ? known[name] : undefined;
    if (value !== undefined) return [name, value] as const;
    console.error(`bench: --${option} takes ${Object.keys(known).join(", ")}, got ${JSON.stringify(name)}.`);
    return process.exit(2);
  });
}

function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`bench: --${name} must be a positive integer, got ${JSON.stringify(text)}.`);
  return process.exit(2);
}
