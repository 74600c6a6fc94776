import { join } from "node:path";
import { findPreparedLanguage } from "../../kernel/language/client.js";
import {
  jupyterDataDirectory,
  jupyterRuntimeDirectory,
  kernelspecDirectories,
  prefixDataDirectory,
} from "../../kernel/protocol/jupyter-paths.js";
import { messageOf } from "../../runner/errors.js";
import { ownKernel, packageRoot } from "../../runner/own-kernel.js";
import { defineCommand, parseArguments } from "../command.js";
import { checkFolder, checkHistory } from "../doctor/check-folders.js";
import { checkJupyter } from "../doctor/check-jupyter.js";
import { checkKernel } from "../doctor/check-kernel.js";
import { checkKernelspecs } from "../doctor/check-kernelspecs.js";
import { checkExactPeak, checkLimits } from "../doctor/check-limits.js";
import { checkNode, checkZeromq } from "../doctor/check-programs.js";
import { findJupyter, type Jupyter } from "../doctor/find-jupyter.js";
import { type Finding, formatFindings, isHealthy } from "../doctor/finding.js";
import { historyPlace } from "../history-place.js";
import { languagePlace } from "../language-place.js";
import { readVersion } from "../version.js";

/** `cellscope doctor`: looks at everything that the kernel needs, and says what is wrong and how to mend it. */
export async function run(argv: readonly string[]): Promise<number> {
  const command = defineCommand("doctor", "Look for what keeps the kernel from working, and say how to mend it.")
    .option("--json", "Print the findings as JSON.")
    .addHelpText("after", "\nThe exit code is 1 when there is a problem, and 0 otherwise, also with warnings.");
  const done = parseArguments(command, argv);
  if (done !== undefined) return done;
  const findings = await examine();
  const healthy = isHealthy(findings);
  const { json = false } = command.opts<{ readonly json?: boolean }>();
  const report = { version: readVersion(), healthy, findings };
  process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : formatFindings(findings));
  return healthy ? 0 : 1;
}

async function examine(): Promise<Finding[]> {
  const jupyter = await findJupyter(process.env.PATH ?? "");
  const root = packageRoot();
  return [
    { check: "cellscope", level: "ok", text: `${readVersion()} in ${root}` },
    checkNode(),
    await checkZeromq(),
    ...(await checkLimits()),
    checkExactPeak(),
    await checkJupyter(jupyter),
    ...(await checkFolders()),
    await checkHistory(historyPlace()),
    ...(await checkKernelspecs({
      directories: searchedDirectories(jupyter),
      program: join(root, "dist", "cli", "main.cjs"),
      path: process.env.PATH ?? "",
    })),
    checkSnapshot(),
    await checkKernel({ ...ownKernel(), env: { CELLSCOPE_HISTORY: "off" } }),
  ];
}

/** Jupyter searches the environment that it is installed in, whether the shell has activated it or not. */
function searchedDirectories(jupyter: Jupyter | undefined): readonly string[] {
  const directories = kernelspecDirectories();
  return jupyter === undefined
    ? directories
    : [...new Set([...directories, join(prefixDataDirectory(jupyter.prefix), "kernels")])];
}

function checkFolders(): Promise<Finding[]> {
  return Promise.all([
    checkFolder({
      check: "data folder",
      path: jupyterDataDirectory(),
      level: "problem",
      consequence: "cellscope install can write no kernelspec there",
      mend: "make it yours (chown), or name another: JUPYTER_DATA_DIR=FOLDER, or cellscope install --prefix DIR",
    }),
    checkFolder({
      check: "runtime folder",
      path: jupyterRuntimeDirectory(),
      level: "problem",
      consequence: "Jupyter can write no connection files there and start no kernel",
      mend: "make it yours (chown), or name another: JUPYTER_RUNTIME_DIR=FOLDER",
    }),
    checkFolder({
      check: "cache folder",
      path: languagePlace().cacheDirectory,
      level: "warning",
      consequence: "every kernel starts half a second later than it could",
      mend: "make it yours (chown), or name another: XDG_CACHE_HOME=FOLDER",
    }),
  ]);
}

function checkSnapshot(): Finding {
  const check = "start-up";
  try {
    const path = findPreparedLanguage(languagePlace());
    if (path !== undefined) return { check, level: "ok", text: `TypeScript starts from the snapshot ${path}` };
  } catch (error) {
    // A package that the language process needs is not there.
    const mend = "install cellscope again: npm install --global cellscope, or npm ci in a clone";
    return { check, level: "problem", text: `TypeScript cannot be started: ${messageOf(error)}`, mend };
  }
  return {
    check,
    level: "warning",
    text: "there is no start-up snapshot of TypeScript for this Node: the first cell takes half a second longer",
    mend: "cellscope install builds it; a kernel that runs for a while builds it as well",
  };
}
