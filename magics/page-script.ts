import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { PageScript } from "../report/memory-profile-page.js";

/** Reads the program of a report's page, which the page carries with it. */
export async function readPageScript(path: string): Promise<PageScript> {
  const code = await readFile(path, "utf8");
  return { code, integrity: `sha256-${createHash("sha256").update(code).digest("base64")}` };
}
