// What a notebook says of the kernel that it is for. Pure.
import type { Notebook } from "./nbformat.js";

/** The name of the kernel that a notebook names. */
export function namedKernelOf({ metadata }: Notebook): string | undefined {
  return textOf(metadata.kernelspec, "name");
}

/** The language that a notebook is written in, in lower case; TypeScript when it does not say. */
export function languageOf({ metadata }: Notebook): string {
  const { kernelspec, language_info: info } = metadata;
  return (textOf(kernelspec, "language") ?? textOf(info, "name") ?? "typescript").toLowerCase();
}

function textOf(value: unknown, field: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  // It is an object and not null.
  const text = (value as Readonly<Record<string, unknown>>)[field];
  return typeof text === "string" && text !== "" ? text : undefined;
}
