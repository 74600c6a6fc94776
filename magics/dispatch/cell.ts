// Turns the text of a cell into the parts that are run one after the other. Pure; docs/magics/README.md has the
// rules for users.
import { type LineStart, scanLines } from "./scanner.js";

/** One part of a cell. Offsets count UTF-16 units of the cell; `end` is that of the line or of the code. */
export type Part = CodePart | MagicPart | ShellPart | HelpPart | MisplacedPart;

/** TypeScript, from one magic to the next. */
export interface CodePart extends Span {
  readonly kind: "code";
}

/** `%name …`, or `%%name …` with the cell under it. */
export interface MagicPart extends Span {
  readonly kind: "magic";
  readonly form: "line" | "cell";
  /** Empty when only the `%` is there. */
  readonly name: string;
  /** Where the `%` stands. */
  readonly marker: number;
  /** Where the name ends and its options begin. */
  readonly nameEnd: number;
  /** Where the magic's own line ends. */
  readonly lineEnd: number;
}

/** `!command`. */
export interface ShellPart extends Span {
  readonly kind: "shell";
  /** Where the command begins. */
  readonly commandStart: number;
}

/** `name?` and its spellings. */
export interface HelpPart extends Span {
  readonly kind: "help";
  readonly target: string;
  readonly targetStart: number;
  /** The target is a magic: `%name?`. */
  readonly ofMagic: boolean;
  /** 1 for `??`. */
  readonly detailLevel: 0 | 1;
}

/** A magic where none may stand. */
export interface MisplacedPart extends Span {
  readonly kind: "misplaced";
  /** As it is written: `%name`. */
  readonly spelling: string;
  readonly reason: "nested" | "not first";
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Parses a cell; `undefined` when it is nothing but TypeScript. `isMagic` decides where `%name` could as well be
 * the rest of an expression: on the line after an operand, and in a comment.
 */
export function parseCell(source: string, isMagic: (name: string) => boolean): readonly Part[] | undefined {
  if (!mayHoldParts.test(source)) return undefined;
  const parts: Part[] = [];
  let codeStart = 0;
  let tokensAtCodeStart = 0;
  const endCode = (end: number, tokens: number) => {
    if (tokens > tokensAtCodeStart) parts.push({ kind: "code", start: codeStart, end });
  };
  const tokens = scanLines(source, (line) => {
    const isFirst = parts.length === 0 && line.tokens === 0;
    const part = parseLine(source, line, isFirst, isMagic);
    if (part === undefined) return undefined;
    endCode(line.offset, line.tokens);
    parts.push(part);
    codeStart = part.end;
    tokensAtCodeStart = line.tokens;
    return part.end;
  });
  if (parts.length === 0) return undefined;
  endCode(source.length, tokens);
  return parts;
}

/**
 * What stands in `span`, with everything before it blanked, so that lines and columns stay those of the cell.
 */
export function textOf(source: string, span: Span): string {
  return blank(source.slice(0, span.start)) + source.slice(span.start, span.end);
}

/** The cell with everything but its code blanked, each character by a blank. */
export function codeOf(source: string, parts: readonly Part[]): string {
  let code = "";
  for (const { kind, start, end } of parts) {
    if (kind !== "code") code += source.slice(code.length, start) + blank(source.slice(start, end));
  }
  return code + source.slice(code.length);
}

/** From 1. */
export function lineNumberOf(source: string, offset: number): number {
  return (source.slice(0, offset).match(/\r\n|[\n\r\u2028\u2029]/g)?.length ?? 0) + 1;
}

/** Blanks every character but the ends of the lines. */
export function blank(text: string): string {
  return text.replace(/[^\n\r\u2028\u2029]/g, " ");
}

// A cell without any of these is TypeScript alone, and is not scanned at all.
const mayHoldParts = /^[^\S\n]*(?:\/\/)?%|^!|^[^\S\n]*\?|\?[^\S\n]*$/m;

const magicLine = /^(?:(%%?)|\/\/(%%?)[^\S\n\r]*)(?!%)([A-Za-z_]\w*)?/;
const helpLine =
  /^(?:(\?{1,2})(%{0,2})([\p{ID_Start}$_][\p{ID_Continue}$.]*)|(%{0,2})([\p{ID_Start}$_][\p{ID_Continue}$.]*)(\?{1,2}))[^\S\n\r]*$/u;

function parseLine(
  source: string,
  line: LineStart,
  isFirst: boolean,
  isMagic: (name: string) => boolean,
): Part | undefined {
  const lineEnd = endOfLine(source, line.offset);
  const text = source.slice(line.offset + line.indent, lineEnd);
  return (
    parseHelp(source, line, lineEnd, text) ??
    parseMagic(source, line, lineEnd, text, isFirst, isMagic) ??
    parseShell(source, line, text)
  );
}

function parseHelp(source: string, line: LineStart, lineEnd: number, text: string): HelpPart | undefined {
  if (line.within !== "top" || (line.expects !== "statement" && line.expects !== "operator")) return undefined;
  const match = helpLine.exec(text);
  if (match === null) return undefined;
  const [, before, percentAfter, targetAfter, percentBefore, targetBefore, after] = match;
  const ofMagic = Boolean(percentAfter) || Boolean(percentBefore);
  // `%name?` is no TypeScript after a statement; the others are the beginning of `a ? b : c` if that goes on.
  const isCertain = line.expects === "statement" && (ofMagic || before !== undefined);
  if (!isCertain && !nothingGoesOn(source, lineEnd)) return undefined;
  const target = targetAfter ?? targetBefore ?? "";
  return {
    kind: "help",
    start: line.offset,
    end: lineEnd,
    target,
    targetStart: line.offset + line.indent + text.indexOf(target),
    ofMagic,
    detailLevel: (before ?? after) === "??" ? 1 : 0,
  };
}

/** Whether what follows, comments and other lines of help apart, is the end of the cell or a magic. */
function nothingGoesOn(source: string, from: number): boolean {
  let at = from;
  for (;;) {
    notCode.lastIndex = at;
    if (notCode.test(source)) at = notCode.lastIndex;
    const lineEnd = endOfLine(source, at);
    const text = source.slice(at, lineEnd);
    if (text === "") return at >= source.length;
    if (/^%%?[A-Za-z_]/.test(text)) return true;
    if (!helpLine.test(text)) return false;
    at = lineEnd;
  }
}

const notCode = /(?:\s|\/\/[^\n\r]*|\/\*.*?\*\/)*/sy;

function parseMagic(
  source: string,
  line: LineStart,
  lineEnd: number,
  text: string,
  isFirst: boolean,
  isMagic: (name: string) => boolean,
): MagicPart | MisplacedPart | undefined {
  const match = magicLine.exec(text);
  if (match === null) return undefined;
  const [spelling, plain, commented, name = ""] = match;
  const isCell = (plain ?? commented) === "%%";
  if (commented !== undefined && !isMagic(name)) return undefined;

  const verdict = judgePlace(line, isMagic(name), name, text.slice(spelling.length));
  if (verdict === "code") return undefined;
  const start = line.offset;
  const marker = start + line.indent + spelling.indexOf("%");
  const nameEnd = start + line.indent + spelling.length;
  if (verdict === "nested" || (isCell && !isFirst)) {
    const reason = verdict === "nested" ? "nested" : "not first";
    return { kind: "misplaced", start, end: lineEnd, spelling: (isCell ? "%%" : "%") + name, reason };
  }
  if (isCell) return { kind: "magic", form: "cell", name, marker, nameEnd, lineEnd, start, end: source.length };
  const continuedEnd = endOfContinuedLine(source, start);
  return { kind: "magic", form: "line", name, marker, nameEnd, lineEnd: continuedEnd, start, end: continuedEnd };
}

// No expression begins with `%`, so that after a complete statement it can only be a magic; after an operand it
// may be the remainder operator, and a magic is believed only under its name, and where the statement began.
function judgePlace(line: LineStart, isKnown: boolean, name: string, rest: string): "magic" | "nested" | "code" {
  if (name === "" && rest.trim() !== "") return "code";
  const startsLikeStatement = isKnown && line.indent <= line.outerIndent && /^(?:[\s?]|$)/.test(rest);
  const mayBegin =
    line.expects === "statement" || ((line.expects === "operator" || line.expects === "either") && startsLikeStatement);
  if (line.within === "top") {
    if (line.expects === "substatement" && isKnown) return "nested";
    return mayBegin ? "magic" : "code";
  }
  if (line.within === "block" && mayBegin && name !== "") return "nested";
  return isKnown && line.expects !== "operator" && line.expects !== "either" ? "nested" : "code";
}

function parseShell(source: string, line: LineStart, text: string): ShellPart | undefined {
  const mayBegin = line.expects === "statement" || line.expects === "operator";
  // `!==` and `!=` go on with an expression; `!!value` asks for a truth and is no command.
  if (line.within !== "top" || line.indent > 0 || !mayBegin || !/^!\s*[^\s!=]/.test(text)) return undefined;
  return {
    kind: "shell",
    start: line.offset,
    end: endOfContinuedLine(source, line.offset),
    commandStart: line.offset + 1,
  };
}

function endOfLine(source: string, offset: number): number {
  restOfLine.lastIndex = offset;
  restOfLine.test(source);
  return restOfLine.lastIndex;
}

const restOfLine = /[^\n\r\u2028\u2029]*/y;

// A backslash at its end lets a line go on, as in IPython and in a shell.
function endOfContinuedLine(source: string, offset: number): number {
  let end = endOfLine(source, offset);
  while (source[end - 1] === "\\" && end < source.length) {
    end = endOfLine(source, end + (source.startsWith("\r\n", end) ? 2 : 1));
  }
  return end;
}
