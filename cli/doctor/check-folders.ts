import { constants } from "node:fs";
import { access, readdir, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { formatBytesShort } from "../../report/format.js";
import { messageOf } from "../../runner/errors.js";
import type { Finding } from "./finding.js";

/** A folder that we write to, and what does not work when we cannot. */
export interface Folder {
  readonly check: string;
  readonly path: string;
  readonly level: "warning" | "problem";
  readonly consequence: string;
  readonly mend: string;
}

const littleSpace = 50 * 1024 ** 2;

/** Checks that files can be written to a folder, or that it can be made. */
export async function checkFolder({ check, path, level, consequence, mend }: Folder): Promise<Finding> {
  try {
    const existing = await nearestExisting(resolve(path));
    if (!(await stat(existing)).isDirectory()) throw new Error(`${existing} is not a directory`);
    await access(existing, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(existing);
    const free = bavail * bsize;
    if (free < littleSpace) {
      const text = `${path}: only ${formatBytesShort(free)} are free on its disk`;
      return { check, level: "warning", text, mend: "make room" };
    }
    const state = existing === resolve(path) ? "can be written" : "is not there yet, and can be made";
    return { check, level: "ok", text: `${path} ${state}` };
  } catch (error) {
    return { check, level, text: `${path} cannot be written, so ${consequence}: ${messageOf(error)}`, mend };
  }
}

/** Says where the history of cells is kept, and how much of it there is. */
export async function checkHistory(path: string | undefined): Promise<Finding> {
  const check = "history";
  if (path === undefined) return { check, level: "ok", text: "is not kept (CELLSCOPE_HISTORY=off)" };
  const finding = await checkFolder({
    check,
    path,
    level: "warning",
    consequence: "cells of earlier sessions are not remembered",
    mend: "make the folder yours, or turn the history off: CELLSCOPE_HISTORY=off",
  });
  if (finding.level !== "ok") return finding;
  const names = await readdir(path).catch(() => []);
  const sessions = names.filter((name) => /^\d+\.jsonl$/.test(name));
  const sizes = await Promise.all(sessions.map(async (name) => (await stat(join(path, name))).size));
  const size = sizes.reduce((total, bytes) => total + bytes, 0);
  return { ...finding, text: `${finding.text}; sessions: ${sessions.length}, ${formatBytesShort(size)}` };
}

async function nearestExisting(path: string): Promise<string> {
  for (let directory = path; ; directory = dirname(directory)) {
    try {
      await access(directory);
      return directory;
    } catch (error) {
      const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isAbsent || directory === dirname(directory)) throw error;
    }
  }
}
