// `npm run test:jupyter [-- kernel|samples|nbclient|runners|corpus|console|servers|lab …]`: holds the kernel against Jupyter's own tools, in a Python
// environment and a browser that have nothing to do with the user's.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { prepareVenv } from "./venv.mjs";

/** The suites of a lane run one after the other, and the lanes beside each other: servers and browsers mostly wait. */
const lanes = [
  ["kernel", "samples", "nbclient", "runners", "corpus", "console"],
  ["servers", "lab"],
];
const suites = lanes.flat();
/** Those that are TypeScript, and their settings; the others are Python. */
const vitestConfigs = { lab: "test/jupyter/vitest.config.ts", servers: "test/jupyter/servers/vitest.config.ts" };
const browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function fail(message, code = 1) {
  console.error(`test:jupyter: ${message}`);
  process.exit(code);
}

/** `$CHROMIUM`, or the first browser on the PATH. */
function findBrowser() {
  const { CHROMIUM, PATH = "" } = process.env;
  if (CHROMIUM) return existsSync(CHROMIUM) ? CHROMIUM : fail(`CHROMIUM is ${CHROMIUM}, which does not exist.`);
  const places = browsers.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)));
  const found = places.find((path) => existsSync(path));
  return found ?? fail(`no browser found: install chromium, or set CHROMIUM to one. Tried ${browsers.join(", ")}.`);
}

/** Runs a program to its end. What it prints is shown, or kept in a file when there is one. */
async function run(command, args, environment, output) {
  const child = spawn(command, args, {
    stdio: ["ignore", output?.fd ?? "inherit", output?.fd ?? "inherit"],
    env: { ...process.env, ...environment },
  });
  const [status, signal] = await once(child, "exit");
  return { ok: status === 0, how: signal ?? `exit code ${status}` };
}

/** Installs a package of npm below `.cache`, beside what these suites cache; tells whether it is there. */
async function installPackage(folder, name) {
  const words = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", name];
  const { ok, how } = await run(process.platform === "win32" ? "npm.cmd" : "npm", words, {});
  if (!ok) console.error(`test:jupyter: ${name} could not be installed (${how})`);
  return ok;
}

/** JupyterHub's proxy, a program of Node. Without it the hub's tests are skipped. */
async function prepareHubProxy() {
  const folder = resolve(".cache/hub-proxy");
  const program = join(folder, "node_modules/configurable-http-proxy/bin/configurable-http-proxy");
  return existsSync(program) || (await installPackage(folder, "configurable-http-proxy@5")) ? program : "";
}

/** Deno, whose program npm installs as an optional package. Without it its notebook is skipped. */
async function prepareDeno() {
  for (const folder of [".cache/peers", ".cache/deno"].map((path) => resolve(path))) {
    const program = findDeno(folder);
    if (program !== undefined) return program;
  }
  const folder = resolve(".cache/deno");
  return (await installPackage(folder, "deno@2.9")) ? (findDeno(folder) ?? "") : "";
}

function findDeno(folder) {
  const scope = join(folder, "node_modules", "@deno");
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  const packages = existsSync(scope) ? readdirSync(scope) : [];
  return packages.map((each) => join(scope, each, name)).find((path) => existsSync(path));
}

/** Jupyter Enterprise Gateway, in an environment of its own because it needs older packages than the others. Without it its tests are skipped. */
async function prepareEnterpriseGateway(python) {
  const folder = resolve(".cache/enterprise-gateway");
  const program = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const stamp = join(folder, ".installed");
  if (existsSync(stamp)) return program;
  const install = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "jupyter_enterprise_gateway>=3.3,<4",
  ];
  for (const [command, args] of [
    [python, ["-m", "venv", folder]],
    [program, install],
  ]) {
    const { ok, how } = await run(command, args, {});
    if (ok) continue;
    console.error(`test:jupyter: jupyter_enterprise_gateway could not be installed (${how})`);
    return "";
  }
  writeFileSync(stamp, "");
  return program;
}

/** The numbers that pytest and vitest leave in a JUnit file; none when the file was never written. */
async function readCounts(path) {
  if (!existsSync(path)) return { passed: 0, failed: 0, skipped: 0 };
  const xml = await readFile(path, "utf8");
  const cases = xml.match(/<testcase\b(?:[^>]*\/>|[\s\S]*?<\/testcase>)/g) ?? [];
  const failed = cases.filter((text) => /<(failure|error)\b/.test(text)).length;
  const skipped = cases.filter((text) => !/<(failure|error)\b/.test(text) && /<skipped\b/.test(text)).length;
  return { passed: cases.length - failed - skipped, failed, skipped };
}

const chosen = process.argv.slice(2);
for (const name of chosen) {
  if (!suites.includes(name)) fail(`there is no suite "${name}": choose from ${suites.join(", ")}.`, 2);
}
const wanted = (name) => chosen.length === 0 || chosen.includes(name);

let python;
try {
  python = prepareVenv();
} catch (error) {
  fail(error.message);
}
const chromium = wanted("lab") ? findBrowser() : "";
// Kernels of these tests start as they do after `cellscope install`, with its start-up snapshot, whatever their HOME is.
const cache = { XDG_CACHE_HOME: resolve(".cache/test-jupyter") };
const install = await run(process.execPath, ["dist/cli/main.cjs", "install", "--prefix", ".venv"], cache);
if (!install.ok) fail(`cellscope install ended with ${install.how}.`);

const folder = await mkdtemp(join(tmpdir(), "cellscope-jupyter-"));
const environment = {
  ...cache,
  // Kernelspecs, settings and running servers of the user must not be seen, nor the other way round.
  JUPYTER_PREFER_ENV_PATH: "1",
  JUPYTER_CONFIG_DIR: join(folder, "config"),
  JUPYTER_DATA_DIR: join(folder, "data"),
  JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
  IPYTHONDIR: join(folder, "ipython"),
  PYTHONDONTWRITEBYTECODE: "1",
  CELLSCOPE_PYTHON: python,
  CHROMIUM: chromium,
};

/** What a suite needs beside that. */
const preparations = {
  corpus: async () => ({ CELLSCOPE_DENO: await prepareDeno() }),
  servers: async () => ({
    CELLSCOPE_HUB_PROXY: await prepareHubProxy(),
    CELLSCOPE_GATEWAY_PYTHON: await prepareEnterpriseGateway(python),
  }),
};

function commandOf(name, report) {
  if (!(name in vitestConfigs)) {
    const options = ["-p", "no:cacheprovider", "-rs", "--durations=5", `--junitxml=${report}`];
    return [python, ["-m", "pytest", ...options, `test/jupyter/test_${name}.py`]];
  }
  const reporters = ["--reporter=verbose", "--reporter=junit", `--outputFile.junit=${report}`];
  return [process.execPath, ["node_modules/vitest/vitest.mjs", "run", `--config=${vitestConfigs[name]}`, ...reporters]];
}

const total = { passed: 0, failed: 0, skipped: 0 };

async function runSuite(name, isAlone) {
  const report = join(folder, `${name}.xml`);
  const outputPath = join(folder, `${name}.log`);
  const title = `\ncellscope: test:jupyter ${name}`;
  console.log(isAlone ? title : `${title}: started, its output comes at its end`);
  const started = performance.now();
  const prepared = await preparations[name]?.();
  const output = isAlone ? undefined : await open(outputPath, "w");
  const { ok, how } = await run(...commandOf(name, report), { ...environment, ...prepared }, output);
  await output?.close();
  if (!isAlone) {
    const seconds = Math.round((performance.now() - started) / 1000);
    process.stdout.write(`${title}: ${seconds} s\n${await readFile(outputPath, "utf8")}`);
  }
  const counts = await readCounts(report);
  for (const key of Object.keys(total)) total[key] += counts[key];
  // A runner that failed without a failing test could not run: that is a failure of its own.
  if (!ok && counts.failed === 0) {
    console.error(`test:jupyter: ${name} ended with ${how}, with no failing test`);
    total.failed += 1;
  }
}

try {
  const chosenLanes = lanes.map((names) => names.filter(wanted)).filter((names) => names.length > 0);
  const runLane = async (names) => {
    for (const name of names) await runSuite(name, chosenLanes.length === 1);
  };
  await Promise.all(chosenLanes.map(runLane));
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
