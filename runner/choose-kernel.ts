import { messageOf, RunnerError } from "./errors.js";
import type { KernelLaunch } from "./kernel-process.js";
import { findKernelspec, launchOf, listKernelspecs } from "./kernelspecs.js";
import type { Notebook } from "./nbformat.js";
import { languageOf, namedKernelOf } from "./notebook-kernel.js";
import { ownKernel } from "./own-kernel.js";

/** Kernels whose notebooks ours runs as they are, and what their cells are written in. */
const understood: ReadonlyMap<string, "typescript" | "javascript"> = new Map([
  ["tslab", "typescript"],
  ["jslab", "javascript"],
  ["deno", "typescript"],
]);

/** What a choice may tell. */
export interface ChoiceOptions {
  /** Told when the notebook runs by another kernel than the one that it names. */
  readonly onNotice?: (notice: string) => void;
}

/**
 * The kernel for a notebook: the installed one that `name` names. Without a name, the one of tslab, jslab or Deno for a
 * notebook that names it, if it is installed; else ours for TypeScript and JavaScript; and for any other language the
 * one that the notebook itself names.
 */
export async function chooseKernel(
  notebook: Notebook,
  name?: string,
  { onNotice }: ChoiceOptions = {},
): Promise<KernelLaunch> {
  if (name !== undefined) return findByName(name);
  const wanted = namedKernelOf(notebook);
  const named = wanted?.toLowerCase() ?? "";
  const dialect = understood.get(named);
  if (dialect !== undefined) {
    if ((await listKernelspecs()).includes(named)) return launchOf(await findKernelspec(named));
    onNotice?.(`The notebook names the kernel "${named}", which is not installed: it is run by Cellscope's own.`);
    return ownKernel(dialect);
  }
  const language = languageOf(notebook);
  if (language === "typescript" || language === "javascript") return ownKernel(language);
  if (wanted === undefined) {
    throw new RunnerError(`The notebook is written in ${language} and names no kernel: say which with --kernel NAME.`);
  }
  try {
    return await launchOf(await findKernelspec(wanted));
  } catch (cause) {
    throw new RunnerError(`The notebook is written in ${language}. ${messageOf(cause)}`, { cause });
  }
}

async function findByName(name: string): Promise<KernelLaunch> {
  try {
    return await launchOf(await findKernelspec(name));
  } catch (error) {
    // Ours need not be installed to be run.
    if (name === "cellscope") return ownKernel();
    if (name === "cellscope-js") return ownKernel("javascript");
    throw error;
  }
}
