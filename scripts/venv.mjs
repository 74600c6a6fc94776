// The project's own Python environment, in .venv: made when it is missing, brought up to date when
// requirements-dev.txt or the Python under it has changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".venv");
const requirements = join(root, "requirements-dev.txt");
const stamp = join(folder, ".requirements");

/** The environment's interpreter, whether it is there or not. */
export const venvPython = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

/** Makes the environment or brings it up to date; throws an error that says what is missing. */
export function prepareVenv() {
  const base = findPython();
  const wanted = createHash("sha256").update(readFileSync(requirements)).update(base.version).digest("hex");
  if (existsSync(venvPython) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return venvPython;
  console.log(`cellscope: installing ${requirements} into ${folder} (${base.version})`);
  rmSync(stamp, { force: true });
  if (!existsSync(venvPython)) {
    rmSync(folder, { recursive: true, force: true });
    const hint = "python3 -m venv failed: on Debian and Ubuntu it needs the package python3-venv.";
    run(base.command, ["-m", "venv", folder], hint);
  }
  const hint = "pip could not install requirements-dev.txt.";
  run(venvPython, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements], hint);
  writeFileSync(stamp, wanted);
  return venvPython;
}

function findPython() {
  for (const command of process.platform === "win32" ? ["py", "python"] : ["python3", "python"]) {
    const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
    const version = status === 0 ? stdout.trim() : "";
    const [, major, minor] = /^Python (\d+)\.(\d+)/.exec(version) ?? [];
    if (Number(major) === 3 && Number(minor) >= 9) return { command, version };
  }
  throw new Error(
    "there is no Python 3.9 or newer on the PATH (tried python3, python): install python3 and python3-venv.",
  );
}

function run(command, args, hint) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (error || status !== 0) throw new Error(`${hint}${error ? ` ${error.message}` : ""}`);
}
