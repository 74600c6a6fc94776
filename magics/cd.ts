import { statSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { UsageError } from "../kernel/errors.js";
import type { WorkingDirectory } from "../kernel/interpreter.js";
import { defineMagic, type Magic } from "./dispatch/magic.js";

/** `%cd`: change the working directory, and with it where files and modules are looked for. */
export const cd: Magic = defineMagic({
  name: "cd",
  forms: ["line"],
  summary: "Change the working directory; without one to the home directory, with - to the one before.",
  operands: "[DIRECTORY]",
  body: "text",
  options: {
    quiet: { type: "flag", short: "q", description: "Do not print the new directory." },
  },
  async run({ quiet }, { line, directory, execute, output }) {
    const target = findTarget(line, directory());
    const outcome = await execute(`globalThis.process.chdir(${JSON.stringify(target)});`);
    if (outcome.status === "ok" && !quiet) output.stream("stdout", `${directory().current}\n`);
    return outcome;
  },
});

function findTarget(line: string, { current, previous }: WorkingDirectory): string {
  if (line === "-") {
    if (previous === undefined)
      throw new UsageError("%cd - goes back to the directory before, and there was none yet.");
    return previous;
  }
  const path = /^(["'])(.*)\1$/.exec(line)?.[2] ?? line;
  const target = resolve(current, path === "" ? homedir() : path.replace(/^~(?=$|[/\\])/, () => homedir()));
  const stats = statSync(target, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return target;
  throw new UsageError(`%cd needs a directory, and ${target} ${stats === undefined ? "does not exist" : "is none"}.`);
}
