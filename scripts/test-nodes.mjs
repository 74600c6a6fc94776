// `npm run test:nodes [-- 22 24 …] [-- TESTS …]`: runs the tests by each of these Nodes, which come from npm's package
// `node` into .cache/test-nodes. What is built is the same for all.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const isWindows = process.platform === "win32";
const isVersion = (word) => /^\d+(\.\d+){0,2}$/.test(word);
// Without the lowest one: that is what `npm test` runs by in CI.
const usual = ["22", "24", "26"];

const words = process.argv.slice(2);
const chosen = words.filter(isVersion);
const tests = words.filter((word) => !isVersion(word));

/** The program of a version, such as 24 or 20.19.0; installs it when it is not there. */
async function findNode(version) {
  const folder = join(root, ".cache", "test-nodes", version);
  const program = join(folder, "node_modules", "node", "bin", isWindows ? "node.exe" : "node");
  if (!existsSync(program)) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "package.json"), '{ "private": true }\n');
    // The package fetches its program by a script.
    const options = ["install", "--no-audit", "--no-fund", "--ignore-scripts=false", `node@${version}`];
    const { status } = spawnSync("npm", options, { cwd: folder, stdio: "inherit", shell: isWindows });
    if (status !== 0 || !existsSync(program)) throw new Error(`npm could not install node@${version} into ${folder}.`);
  }
  return program;
}

const failed = [];
for (const version of chosen.length > 0 ? chosen : usual) {
  const node = await findNode(version);
  const { stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  console.log(`\ncellscope: test:nodes ${stdout.trim()}`);
  const { status, signal } = spawnSync(node, ["node_modules/vitest/vitest.mjs", "run", ...tests], {
    cwd: root,
    stdio: "inherit",
    // Whatever a test starts by its name is this Node too.
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
  });
  if (status !== 0) failed.push(`${stdout.trim()} ended with ${signal ?? `exit code ${status}`}`);
}
if (failed.length > 0) console.error(`test:nodes: ${failed.join("; ")}`);
process.exitCode = failed.length > 0 ? 1 : 0;
