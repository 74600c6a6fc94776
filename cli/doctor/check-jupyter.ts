import { spawn } from "node:child_process";
import type { Jupyter } from "./find-jupyter.js";
import type { Finding } from "./finding.js";

/** Says which Jupyter there is; without one, notebooks can still be run by `cellscope run`. */
export async function checkJupyter(jupyter: Jupyter | undefined): Promise<Finding> {
  const check = "jupyter";
  if (jupyter === undefined) {
    return {
      check,
      level: "warning",
      text: "there is no jupyter on the PATH (cellscope run needs none)",
      mend: "pip install jupyterlab, or activate the environment that has it",
    };
  }
  const { program, packages } = jupyter;
  if (packages.size > 0) {
    const known = [...packages].map(([name, version]) => `${name} ${version}`);
    return { check, level: "ok", text: `${program}: ${known.join(", ")}` };
  }
  const asked = await askVersion(program);
  if ("version" in asked) return { check, level: "ok", text: `${program}: ${asked.version}` };
  return {
    check,
    level: "warning",
    text: `${program} does not tell its version: ${asked.fault}`,
    mend: "install Jupyter again",
  };
}

const timeLimit = 20_000;

function askVersion(program: string): Promise<{ readonly version: string } | { readonly fault: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, ["--version"], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeLimit,
      killSignal: "SIGKILL",
      windowsHide: true,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", (error) => resolve({ fault: error.message }));
    child.once("close", (code, signal) => {
      const versions = [...stdout.matchAll(/^(\S+)\s*:\s*(\d\S*)$/gm)].map(([, name, version]) => `${name} ${version}`);
      if (code === 0 && versions.length > 0) resolve({ version: versions.join(", ") });
      else if (signal === "SIGKILL") resolve({ fault: `it did not answer within ${timeLimit / 1000} s` });
      else resolve({ fault: `exit code ${code} ${stderr || stdout}`.trim() });
    });
  });
}
