import { messageOf, RunnerError } from "./errors.js";
import type { KernelLaunch } from "./kernel-process.js";
import { findKernelspec, launchOf } from "./kernelspecs.js";
import type { Notebook } from "./nbformat.js";
import { ownKernel } from "./own-kernel.js";

/**
 * The kernel for a notebook: the installed one that `name` names; without a name ours for TypeScript and
 * JavaScript, and for any other language the one that the notebook itself names.
 */
export async function chooseKernel(notebook: Notebook, name?: string): Promise<KernelLaunch> {
  if (name !== undefined) return findByName(name);
  const { kernelspec, language_info: info } = notebook.metadata;
  const language = textOf(kernelspec, "language") ?? textOf(info, "name") ?? "typescript";
  if (["typescript", "javascript"].includes(language.toLowerCase())) return ownKernel();
  const wanted = textOf(kernelspec, "name");
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
    throw error;
  }
}

function textOf(value: unknown, field: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  // It is an object and not null.
  const text = (value as Readonly<Record<string, unknown>>)[field];
  return typeof text === "string" && text !== "" ? text : undefined;
}
