#!/usr/bin/env node
// The command line's door. It stays small, and each command is a bundle of its own: a kernel's start is
// felt on every restart, and must not wait for what other commands need.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { enableCompileCache } from "./compile-cache.js";
import { readVersion } from "./version.js";

interface Command {
  /** Returns the exit code. */
  readonly run: (argv: readonly string[]) => Promise<number>;
}

const commands: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  install: {
    summary: "Make the kernel known to Jupyter.",
    load: () => import("./commands/install.js"),
  },
  uninstall: {
    summary: "Take the kernel away from Jupyter.",
    load: () => import("./commands/uninstall.js"),
  },
  run: {
    summary: "Run a notebook without a browser.",
    load: () => import("./commands/run.js"),
  },
  sysinfo: {
    summary: "Show what may be used of this machine, and what is saturated.",
    load: () => import("./commands/sysinfo.js"),
  },
  top: {
    summary: "Watch a running kernel: its cell, memory, garbage collections and processes.",
    load: () => import("./commands/top.js"),
  },
  doctor: {
    summary: "Look for what keeps the kernel from working, and say how to mend it.",
    load: () => import("./commands/doctor.js"),
  },
  kernel: {
    summary: "Be the kernel of a connection file; Jupyter starts this.",
    load: () => import("./commands/kernel.js"),
  },
};

/** Errors by which the rooms tell that they were given something wrong; each room has its own class. */
const misuseNames = ["UsageError", "RunnerError", "ConnectionFileError", "BindError"];

async function main([name, ...argv]: readonly string[]): Promise<number> {
  if (name === "--version" || name === "-V") {
    process.stdout.write(`${readVersion()}\n`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(helpText());
    return 0;
  }
  if (name === undefined) {
    process.stderr.write(helpText());
    return 2;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const names = Object.keys(commands).join(", ");
    process.stderr.write(`cellscope: there is no command "${name}"; there are: ${names}.\n`);
    return 2;
  }
  const { run } = await command.load();
  return run(argv);
}

function helpText(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return `${[
    "Usage: cellscope COMMAND [options]",
    "",
    "A TypeScript kernel for Jupyter that tells where the memory and the time went.",
    "",
    ...lines,
    "",
    "  cellscope COMMAND --help tells about a command; cellscope --version tells the version.",
  ].join("\n")}\n`;
}

enableCompileCache(dirname(fileURLToPath(import.meta.url)));
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isMisuse = error instanceof Error && misuseNames.includes(error.name);
    const text = isMisuse ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`cellscope: ${text}\n`);
    process.exitCode = isMisuse ? 2 : 1;
  },
);
