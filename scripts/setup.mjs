// Brings a clone up to date before a command runs: installs the packages when the lock file is newer than
// what is installed, and builds when a source is newer than the build. Uses nothing but Node and npm.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function newestUnder(path) {
  if (!statSync(path).isDirectory()) return modified(path);
  return Math.max(0, ...readdirSync(path).map((name) => newestUnder(join(path, name))));
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

// What another working tree shares by a link is not ours to install into: npm would empty it first.
const isShared = lstatSync("node_modules", { throwIfNoEntry: false })?.isSymbolicLink() === true;
if (!isShared && modified("package-lock.json") > modified("node_modules/.package-lock.json")) {
  console.log("cellscope: installing packages (npm ci)");
  run("npm", ["ci", "--no-audit", "--no-fund"]);
}
const sources = [
  "kernel",
  "magics",
  "profiler",
  "report",
  "runner",
  "cli",
  "index.ts",
  "scripts/build.mjs",
  "package.json",
];
const newest = Math.max(...sources.filter((path) => existsSync(path)).map(newestUnder));
if (newest > modified("dist/index.js")) {
  console.log("cellscope: building");
  run(process.execPath, ["scripts/build.mjs"]);
}
