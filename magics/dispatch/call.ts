import { UsageError } from "../../kernel/errors.js";
import { blank, lineNumberOf, type MagicPart, type MisplacedPart, type ShellPart } from "./cell.js";
import type { Magic } from "./magic.js";
import { parseOptions } from "./options.js";
import type { Registry } from "./registry.js";

/** A magic with everything that its line says, ready to run. */
export interface MagicCall {
  readonly magic: Magic;
  readonly form: "line" | "cell";
  readonly calledAs: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Its help is asked for instead. */
  readonly wantsHelp: boolean;
  readonly line: string;
  readonly body: string;
}

/** Reads the call that stands in a part of `source`, or throws a `UsageError` that says what is wrong with it. */
export function readCall(source: string, part: MagicPart | ShellPart, registry: Registry): MagicCall {
  return part.kind === "shell" ? readShellCall(source, part, registry) : readMagicCall(source, part, registry);
}

/** What is wrong with a magic that stands where none may. */
export function misplacedError(source: string, { spelling, reason, end }: MisplacedPart): UsageError {
  const where = `${spelling} on line ${lineNumberOf(source, end)}`;
  return new UsageError(
    reason === "nested"
      ? `${where} stands inside a block or brackets. A magic is a line of the cell's top level: move it out.`
      : `${where} is a cell magic and must be on the first line of the cell; move it up, or into a cell of its own.`,
  );
}

function readMagicCall(source: string, part: MagicPart, registry: Registry): MagicCall {
  const magic = registry.require(part.name, part.form);
  const { values, wantsHelp, operandsStart } = parseOptions(magic, source.slice(part.nameEnd, part.lineEnd));
  const start = part.nameEnd + operandsStart;
  const operands = source.slice(start, part.lineEnd);
  const call = { magic, form: part.form, calledAs: part.name, options: values, wantsHelp, line: operands.trim() };
  if (!wantsHelp) checkOperands(call);
  if (part.form === "cell") {
    return { ...call, body: blank(source.slice(0, part.lineEnd)) + source.slice(part.lineEnd) };
  }
  const body = blank(source.slice(0, start)) + (magic.body === "code" ? withoutContinuations(operands) : operands);
  return { ...call, body };
}

// `!command` is another spelling of `%shell command`, without its options: a command has its own.
function readShellCall(source: string, part: ShellPart, registry: Registry): MagicCall {
  const magic = registry.require("shell", "line");
  const { values } = parseOptions(magic, "");
  const command = source.slice(part.commandStart, part.end);
  const body = blank(source.slice(0, part.commandStart)) + command;
  return { magic, form: "line", calledAs: magic.name, options: values, wantsHelp: false, line: command.trim(), body };
}

function checkOperands({ magic, form, calledAs, line }: Omit<MagicCall, "body">): void {
  const spelling = (form === "cell" ? "%%" : "%") + calledAs;
  const operands = form === "cell" ? magic.cellOperands : magic.operands;
  if (operands === "" && line !== "") {
    const advice = form === "cell" ? "the code goes on the lines under it" : "its line ends after the options";
    throw new UsageError(`${spelling} takes nothing after its options, got ${JSON.stringify(line)}: ${advice}.`);
  }
  if (operands !== "" && !operands.startsWith("[") && line === "") {
    throw new UsageError(`${spelling} needs ${operands}: ${spelling} ${operands}. ${spelling} -h shows its help.`);
  }
}

// The backslash that lets a magic's line go on is no TypeScript.
function withoutContinuations(operands: string): string {
  return operands.replace(/\\(?=\r?\n)/g, " ");
}
