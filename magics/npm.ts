import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../kernel/errors.js";
import { defineMagic, type Magic } from "./dispatch/magic.js";
import { findNpm } from "./find-npm.js";
import { runProgram } from "./run-program.js";

/** `%npm`: run npm beside the notebook; what it installs can be imported by the next cell. */
export const npm: Magic = defineMagic({
  name: "npm",
  forms: ["line"],
  summary: "Run npm beside the notebook: what %npm install NAME installs, the next cell can import.",
  operands: "[COMMAND …]",
  body: "text",
  options: {},
  async run(_options, { line, directory, output, signal }) {
    const words = splitWords(line);
    const [command = "help"] = words;
    const { program, args } = findNpm();
    const cwd = directory().current;
    if (installing.has(command)) makeProject(cwd, (text) => output.stream("stdout", text));
    const end = await runProgram({
      title: "npm",
      program,
      args: [...args, ...(words.length === 0 ? ["help"] : words)],
      // Advertisements; a setting of the user's own still decides.
      env: { npm_config_fund: process.env.npm_config_fund ?? "false", npm_config_update_notifier: "false" },
      cwd,
      output,
      signal,
    });
    // Without a command npm shows its help and calls that a failure.
    if (end === undefined || words.length === 0 || signal.aborted) return undefined;
    const evalue = `npm ${command} failed: ${end}`;
    return { status: "error", error: { ename: "NpmError", evalue, traceback: [`NpmError: ${evalue}`] } };
  },
});

const installing: ReadonlySet<string> = new Set(["install", "i", "in", "add", "isntall", "install-test", "it"]);

/** Without a package.json, npm would install into any folder above that has a `node_modules`. */
function makeProject(directory: string, say: (text: string) => void): void {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) return;
    if (at === dirname(at)) break;
  }
  const path = join(directory, "package.json");
  try {
    writeFileSync(path, `${JSON.stringify({ private: true }, undefined, 2)}\n`, { flag: "wx" });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`%npm needs a package.json beside the notebook, and cannot write one: ${reason}`, { cause });
  }
  say(`There was no package.json: ${path} is new.\n`);
}

/** The words of a line as a shell takes them, with quotes and nothing else. */
function splitWords(line: string): string[] {
  const words = line.replace(/\\\r?\n/g, " ").match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  const plain = words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  if (/["']/.test(line.replace(/"[^"]*"|'[^']*'/g, ""))) {
    throw new UsageError(`A quote is not closed: %npm ${line}`);
  }
  return plain;
}
