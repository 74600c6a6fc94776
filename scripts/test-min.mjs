// `npm run test:min [-- --try NAME@VERSION …] [-- TESTS …]`: installs the lowest versions of the dependencies that
// package.json allows into a copy of the clone, in .cache/test-min, builds there, and runs the tests there.
import { spawnSync } from "node:child_process";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const copy = join(root, ".cache", "test-min");
const kinds = ["dependencies", "optionalDependencies"];

function fail(message, code = 1) {
  console.error(`test:min: ${message}`);
  process.exit(code);
}

function run(command, args, options = {}) {
  const { status, error, signal } = spawnSync(command, args, {
    cwd: copy,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
    ...options,
  });
  if (error) throw error;
  if (status !== 0) fail(`${command} ${args.join(" ")} ended with ${signal ?? `exit code ${status}`}.`);
}

/** The lowest version of a range as package.json writes them: `1.2.3`, `^1.2.3`, `~1.2.3`, `>=1.2.3`, and these joined by `||`. */
function lowestOf(name, range) {
  const versions = range.split("||").map((part) => /^(?:\^|~|>=)?\s*(\d+\.\d+\.\d+)/.exec(part.trim())?.[1]);
  if (versions.includes(undefined)) fail(`the range "${range}" of ${name} names no lowest version, such as "^1.2.3".`);
  return versions.sort(compareVersions)[0];
}

function compareVersions(one, other) {
  const [a, b] = [one, other].map((version) => version.split(".").map(Number));
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** `NAME@VERSION` to its two parts; names may begin with an @ of their own. */
function parseTrial(text) {
  const [, name, version] = /^(@?[^@]+)@(.+)$/.exec(text) ?? [];
  return name ? [name, version] : fail(`--try must be NAME@VERSION, got "${text}".`, 2);
}

/** Moves a folder that need not be there. */
async function move(from, to) {
  await rename(from, to).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
}

const { values, positionals } = parseArgs({
  options: { try: { type: "string", multiple: true, default: [] } },
  allowPositionals: true,
});
const trials = new Map(values.try.map(parseTrial));

const listed = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
});
if (listed.status !== 0) fail(`git cannot list the files of ${root}: ${listed.error ?? listed.stderr}`);
// What is installed stays: the second run is quicker.
const installed = join(copy, "node_modules");
const aside = join(root, ".cache", "test-min-modules");
await rm(aside, { recursive: true, force: true });
await move(installed, aside);
await rm(copy, { recursive: true, force: true });
await mkdir(copy, { recursive: true });
await move(aside, installed);
for (const file of listed.stdout.split("\0").filter(Boolean)) {
  await mkdir(dirname(join(copy, file)), { recursive: true });
  await cp(join(root, file), join(copy, file)).catch((error) => {
    // Listed by git and deleted since.
    if (error.code !== "ENOENT") throw error;
  });
}

const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
for (const kind of kinds) {
  for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
    manifest[kind][name] = trials.get(name) ?? lowestOf(name, range);
    trials.delete(name);
  }
}
if (trials.size > 0) fail(`package.json depends on no ${[...trials.keys()].join(", ")}.`, 2);
await writeFile(join(copy, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);

run("npm", ["install", "--no-audit", "--no-fund"]);
console.log("\ntest:min: these are installed:");
for (const kind of kinds) {
  for (const name of Object.keys(manifest[kind] ?? {})) {
    const path = join(installed, name, "package.json");
    const found = await readFile(path, "utf8").then(
      (text) => JSON.parse(text).version,
      () => "not here",
    );
    console.log(`  ${`${name} ${found}`.padEnd(36)} ${kind === "dependencies" ? "" : "optional"}`.trimEnd());
    if (kind === "dependencies" && found !== manifest[kind][name]) {
      fail(`${name} should be ${manifest[kind][name]} and is ${found}.`);
    }
  }
}
run(process.execPath, ["scripts/build.mjs"]);
run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...positionals]);
