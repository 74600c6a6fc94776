import type { Completeness, Interpreter } from "../../kernel/interpreter.js";
import { codeOf, parseCell } from "./cell.js";
import type { Registry } from "./registry.js";

/** Says whether a cell can be run as it stands. As in IPython, an empty line ends a cell magic. */
export async function isCompleteWithMagics(
  interpreter: Interpreter,
  registry: Registry,
  source: string,
): Promise<Completeness> {
  const parts = parseCell(source, registry.isMagic);
  const [first] = parts ?? [];
  if (parts === undefined || first === undefined) return interpreter.isComplete(source);
  if (parts.some(({ kind }) => kind === "misplaced")) return { status: "invalid" };
  if (first.kind === "magic" && first.form === "cell") {
    const lastLine = source
      .slice(first.lineEnd)
      .split(/\r\n|[\n\r]/)
      .slice(1)
      .at(-1);
    return lastLine?.trim() === "" ? { status: "complete" } : { status: "incomplete", indent: "" };
  }
  if (parts.at(-1)?.kind !== "code" && source.endsWith("\\")) return { status: "incomplete", indent: "" };
  const code = codeOf(source, parts);
  return code.trim() === "" ? { status: "complete" } : interpreter.isComplete(code);
}
