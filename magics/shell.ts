import { basename } from "node:path";
import type { Outcome } from "../kernel/interpreter.js";
import { defineMagic, type Magic } from "./dispatch/magic.js";
import { runProgram } from "./run-program.js";

/** `!command`, `%shell`, `%%shell`, `%%sh` and `%%bash`: run commands in a shell, beside the notebook. */
export const shell: Magic = defineMagic({
  name: "shell",
  aliases: ["sh", "bash"],
  forms: ["line", "cell"],
  summary: "Run a command, or a cell of commands, in a shell; !command is short for it.",
  operands: "COMMAND",
  body: "text",
  options: {
    noRaiseError: { type: "flag", description: "Let a cell whose script fails end well, as a line always does." },
  },
  async run({ noRaiseError }, { form, calledAs, body, output, directory, signal }) {
    const shell = shellCommand(calledAs, body);
    const end = await runProgram({ title: "The shell", ...shell, cwd: directory().current, output, signal });
    if (end === undefined) return undefined;
    if (form === "cell" && !noRaiseError) return scriptFailed(end);
    output.stream("stderr", `${end}\n`);
    return undefined;
  },
});

function shellCommand(name: string, script: string): { readonly program: string; readonly args: readonly string[] } {
  if (process.platform === "win32") {
    return { program: process.env.ComSpec ?? "cmd.exe", args: ["/d", "/s", "/c", `"${script.trim()}"`] };
  }
  return { program: name === "shell" ? usersShell() : name, args: ["-c", script] };
}

function scriptFailed(end: string): Outcome {
  const evalue = `the script failed: ${end}`;
  return { status: "error", error: { ename: "ShellError", evalue, traceback: [`ShellError: ${evalue}`] } };
}

// Service accounts have shells that only refuse; the script then goes to the one that is always there.
function usersShell(): string {
  const { SHELL = "" } = process.env;
  return /^(?:ba|da|a|k|mk|z|fi)?sh$/.test(basename(SHELL)) ? SHELL : "/bin/sh";
}
