import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../runner/own-kernel.js";
import type { Finding } from "./finding.js";

/** Checks that this Node is one that the package says it runs on. */
export function checkNode(version: string = process.version, range: string = readNodeRange()): Finding {
  const lowest = /^>=(\d+)\.(\d+)(?:\.(\d+))?$/.exec(range)?.slice(1).map(numberOf) ?? [];
  const actual = /^v(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(numberOf) ?? [];
  const place = `${version.slice(1)} (${process.execPath})`;
  if (isBelow(actual, lowest)) {
    return {
      check: "node",
      level: "problem",
      text: `${place} is too old: ${range} is needed`,
      mend: "install a newer Node (https://nodejs.org), and run cellscope install with it",
    };
  }
  return { check: "node", level: "ok", text: place };
}

/** Checks that the native library for the kernel's sockets can be loaded. */
export async function checkZeromq(load: () => Promise<unknown> = loadTransport): Promise<Finding> {
  try {
    await load();
    return { check: "zeromq", level: "ok", text: `${readZeromqVersion()} loads` };
  } catch (error) {
    return {
      check: "zeromq",
      level: "problem",
      text: `cannot be loaded on ${process.platform} ${process.arch}, and no kernel can start: ${String(error)}`,
      mend:
        "install cellscope again with this Node (npm install --global cellscope); " +
        "where zeromq has no binary for your system, npm rebuild zeromq builds one and needs a C++ compiler and CMake",
    };
  }
}

/** Loaded late: when it fails, the other checks still tell what they find. */
const loadTransport = (): Promise<unknown> => import("../../runner/zmq-kernel.js");

function readNodeRange(): string {
  const { engines } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as PackageJson;
  return engines?.node ?? "";
}

function readZeromqVersion(): string {
  // Its package.json may not be exported: it is found from the main file.
  const main = createRequire(fileURLToPath(import.meta.url)).resolve("zeromq");
  const { version } = JSON.parse(readFileSync(join(packageRoot(main), "package.json"), "utf8")) as PackageJson;
  return version ?? "of unknown version";
}

interface PackageJson {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
}

function isBelow(one: readonly number[], other: readonly number[]): boolean {
  const index = other.findIndex((part, at) => part !== (one[at] ?? 0));
  return index >= 0 && (one[index] ?? 0) < (other[index] ?? 0);
}

function numberOf(text: string | undefined): number {
  return Number(text ?? 0);
}
