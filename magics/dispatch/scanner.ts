// Just enough of TypeScript's lexical structure to say, at the start of each line, whether a statement may
// begin there. The compiler knows better, but it lives in another process and costs 220 MB.
import { skipJsx, skipRegex, skipString, skipTemplate } from "./literals.js";

/**
 * What the code before a line leads one to expect.
 * - `statement`: the one before is over
 * - `operator`: an operand came last: an operator may follow, or, on a new line, a statement
 * - `either`: a `>` or `void` came last, which ends a type, or goes on with an operand
 * - `operand`: the expression goes on
 * - `substatement`: the statement under an `if (…)` or an `else`
 */
export type Expects = "statement" | "operator" | "either" | "operand" | "substatement";

/** The start of a line that is not within a comment, a string, a template or JSX. */
export interface LineStart {
  readonly offset: number;
  /** Blanks at its beginning. */
  readonly indent: number;
  readonly expects: Expects;
  /** What the line stands in: nothing, the braces of a block or of a class, or other brackets. */
  readonly within: "top" | "block" | "brackets";
  /** The blanks before the first line of what it stands in. */
  readonly outerIndent: number;
  /** How many tokens came before: two equal counts have no code between them. */
  readonly tokens: number;
}

/** Returns the offset up to which the text is not TypeScript, or nothing when the line is code. */
export type OnLine = (line: LineStart) => number | undefined;

/**
 * Calls `onLine` for every line that starts in code, from first to last, and returns how many tokens there are.
 * After a line that is not code, a new statement begins.
 */
export function scanLines(source: string, onLine: OnLine): number {
  const lastEnd = Math.max(source.lastIndexOf("</"), source.lastIndexOf("/>"));
  const scanner = new CodeScanner(source, 0, { onLine, nesting: 0, jsx: { failures: 0, lastEnd } });
  scanner.run();
  return scanner.tokens;
}

interface ScanContext {
  /** Absent within templates and JSX, whose lines are never looked at. */
  readonly onLine?: OnLine;
  readonly nesting: number;
  readonly jsx: {
    failures: number;
    /** Where the last tag ends that could be the end of an element: most cells have none, and a `<` costs nothing. */
    readonly lastEnd: number;
  };
}

interface Frame {
  readonly kind: LineStart["within"];
  readonly closer: string;
  /** What is expected after the closer. */
  readonly next: Expects;
  /** The parentheses of a `for`, in which `of` is an operator. */
  readonly isLoop: boolean;
  /** The braces of `do { } while`. */
  readonly isDo: boolean;
  indent: number | undefined;
}

// A template within a template within a template …: nobody writes so many.
const deepestNesting = 30;
// Each attempt to read JSX that fails costs a look at the rest of the cell.
const mostJsxFailures = 10;
// Takes the place of the word `while` after the block of a `do`.
const whileOfDo = "do … while";

// After these words comes an operand, or something else that is no statement.
const operatorWords = new Set(
  (
    "await case class const default delete enum export extends finally for function if import in instanceof new " +
    "return switch throw try typeof var while with yield catch"
  ).split(" "),
);
const wordsBeforeBlocks = new Set(["=>", "try", "catch", "finally", "class"]);
const conditionWords = new Set(["if", "while", "for", "with"]);

const lineBreak = /[\n\r\u2028\u2029]/;
const restOfLine = /[^\n\r\u2028\u2029]*/y;
const blanks = /[^\S\n\r\u2028\u2029]*/y;
const number = /[\p{ID_Continue}.]+/uy;
const word = /[\p{ID_Start}$_@#\\](?:[\p{ID_Continue}$\\]|\u200C|\u200D)*/uy;
const punctuator = /\+\+|--|=>|\?\.(?!\d)|\.\.\.|./suy;

// Scans code from an offset: to the end of the source or, when it is nested, to after the brace that closes it.
class CodeScanner {
  readonly #source: string;
  readonly #context: ScanContext;
  readonly #outer: Frame[] = [];
  #frame: Frame = { kind: "top", closer: "", next: "statement", isLoop: false, isDo: false, indent: undefined };
  /** How many brackets are open, by their closer. */
  readonly #open = new Map<string, number>();
  #at: number;
  #expects: Expects = "statement";
  /** The last token: a word or a punctuator; empty after a literal. */
  #last = "";
  #lastEnd: number;
  /** The blanks before the first token of the line; absent once that token has come. */
  #indent: number | undefined;
  #afterDoBlock = false;
  tokens = 0;

  constructor(source: string, from: number, context: ScanContext) {
    this.#source = source;
    this.#at = from;
    this.#lastEnd = from;
    this.#context = context;
  }

  /** Returns the offset of the end. */
  run(): number {
    if (this.#context.nesting > deepestNesting) return this.#source.length;
    this.#startLine();
    while (this.#at < this.#source.length) {
      const character = this.#source.charAt(this.#at);
      if (lineBreak.test(character)) {
        this.#at += this.#source.startsWith("\r\n", this.#at) ? 2 : 1;
        this.#startLine();
      } else if (/\s/.test(character)) {
        this.#at = this.#match(blanks);
      } else if (character === "/" && this.#source[this.#at + 1] === "/") {
        this.#at = this.#match(restOfLine);
      } else if (character === "/" && this.#source[this.#at + 1] === "*") {
        const end = this.#source.indexOf("*/", this.#at + 2);
        this.#at = end < 0 ? this.#source.length : end + 2;
      } else if (character === "}" && this.#closesNested()) {
        return this.#at + 1;
      } else {
        this.#token(character);
      }
    }
    return this.#source.length;
  }

  // Asks about each line at its start; more than one in a row may be no code.
  #startLine(): void {
    const { onLine } = this.#context;
    if (onLine === undefined) return;
    const offset = this.#at;
    this.#indent = this.#match(blanks) - offset;
    const { kind, indent } = this.#frame;
    const skipped = onLine({
      offset,
      indent: this.#indent,
      expects: this.#expects,
      within: kind,
      outerIndent: indent ?? (kind === "top" ? 0 : Number.POSITIVE_INFINITY),
      tokens: this.tokens,
    });
    if (skipped === undefined) return;
    // It ends at a line break, from which the next line is reached.
    this.#at = skipped;
    this.#expects = "statement";
    this.#last = "";
    this.#indent = undefined;
  }

  #token(character: string): void {
    if (character === '"' || character === "'") {
      this.#accept(skipString(this.#source, this.#at), "operator");
    } else if (character === "`") {
      this.#accept(skipTemplate(this.#source, this.#at, this.#skipBraces), "operator");
    } else if (/\d/.test(character) || (character === "." && /\d/.test(this.#source.charAt(this.#at + 1)))) {
      this.#accept(this.#match(number), "operator");
    } else if (character === "(" || character === "[" || character === "{") {
      this.#openBracket(character);
    } else if (character === ")" || character === "]" || character === "}") {
      this.#closeBracket(character);
    } else {
      const wordEnd = this.#match(word);
      const literalEnd = this.#expects === "operator" ? undefined : this.#regexOrJsxEnd(character);
      if (wordEnd > this.#at) this.#word(wordEnd);
      else if (literalEnd !== undefined) this.#accept(literalEnd, "operator");
      else this.#punctuator();
    }
  }

  #accept(end: number, expects: Expects, token = ""): void {
    if (this.#indent !== undefined) this.#frame.indent ??= this.#indent;
    this.#indent = undefined;
    this.#afterDoBlock = false;
    this.#expects = expects;
    this.#last = token;
    this.#lastEnd = end;
    this.#at = end;
    this.tokens++;
  }

  #word(end: number): void {
    const text = this.#source.slice(this.#at, end);
    if (this.#last === "." || this.#last === "?.") {
      // A keyword after a dot is a name like any other.
      this.#accept(end, "operator");
    } else if (text === "else" || text === "do") {
      this.#accept(end, "substatement", text);
    } else if (text === "while" && this.#afterDoBlock) {
      this.#accept(end, "operand", whileOfDo);
    } else if (text === "await" && this.#last === "for") {
      // `for await (` opens the parentheses of a loop, too.
      this.#accept(end, "operand", "for");
    } else if (text === "void") {
      this.#accept(end, "either", text);
    } else {
      const isAsConst = text === "const" && this.#last === "as";
      const isOperator = (operatorWords.has(text) && !isAsConst) || (text === "of" && this.#frame.isLoop);
      this.#accept(end, isOperator ? "operand" : "operator", text);
    }
  }

  #punctuator(): void {
    const end = this.#match(punctuator);
    const text = this.#source.slice(this.#at, end);
    // `i++` and `value!` stay operands when they stand on one line; `a != b` does not.
    const mayBePostfix = text === "++" || text === "--" || (text === "!" && this.#source[end] !== "=");
    const isPostfix = mayBePostfix && this.#expects === "operator" && !this.#lineBreakBefore();
    const expects = text === ";" ? "statement" : text === ">" ? "either" : isPostfix ? "operator" : "operand";
    this.#accept(end, expects, text);
  }

  #openBracket(opener: string): void {
    const frame = this.#frameOf(opener);
    this.#accept(this.#at + 1, frame.kind === "block" ? "statement" : "operand", opener);
    this.#open.set(frame.closer, (this.#open.get(frame.closer) ?? 0) + 1);
    this.#outer.push(this.#frame);
    this.#frame = frame;
  }

  #frameOf(opener: string): Frame {
    const frame = { isLoop: false, isDo: false, indent: undefined };
    if (opener === "(") {
      const next = conditionWords.has(this.#last)
        ? "substatement"
        : this.#last === whileOfDo
          ? "statement"
          : "operator";
      return { ...frame, kind: "brackets", closer: ")", next, isLoop: this.#last === "for" };
    }
    if (opener === "[") return { ...frame, kind: "brackets", closer: "]", next: "operator" };
    // After an operand, or its parentheses, come the braces of a function or a class; after `=>` those of a
    // function, behind which a line break ends the statement.
    const isBlock = this.#expects !== "operand" || wordsBeforeBlocks.has(this.#last);
    return isBlock
      ? { ...frame, kind: "block", closer: "}", next: "statement", isDo: this.#last === "do" }
      : { ...frame, kind: "brackets", closer: "}", next: "operator" };
  }

  #closeBracket(closer: string): void {
    if (!this.#isOpen(closer)) {
      // Code that is being typed may close what was never opened, and leave brackets open within others.
      this.#accept(this.#at + 1, "operator", closer);
      return;
    }
    while (this.#frame.closer !== closer) this.#leaveFrame();
    const { next, isDo } = this.#frame;
    this.#accept(this.#at + 1, next, closer);
    this.#afterDoBlock = isDo;
    this.#leaveFrame();
  }

  #leaveFrame(): void {
    const { closer } = this.#frame;
    this.#open.set(closer, (this.#open.get(closer) ?? 0) - 1);
    this.#frame = this.#outer.pop() ?? this.#frame;
  }

  #isOpen(closer: string): boolean {
    return (this.#open.get(closer) ?? 0) > 0;
  }

  #closesNested(): boolean {
    return this.#context.nesting > 0 && !this.#isOpen("}");
  }

  #regexOrJsxEnd(character: string): number | undefined {
    if (character === "/") return skipRegex(this.#source, this.#at);
    const { jsx } = this.#context;
    if (character !== "<" || jsx.lastEnd < this.#at || jsx.failures > mostJsxFailures) return undefined;
    const end = skipJsx(this.#source, this.#at, this.#skipBraces);
    if (end === undefined) jsx.failures++;
    return end;
  }

  readonly #skipBraces = (offset: number): number => {
    const { nesting, jsx } = this.#context;
    return new CodeScanner(this.#source, offset, { nesting: nesting + 1, jsx }).run();
  };

  #lineBreakBefore(): boolean {
    return lineBreak.test(this.#source.slice(this.#lastEnd, this.#at));
  }

  /** Where a match of `pattern` (sticky) from here ends; here, when there is none. */
  #match(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#source) ? pattern.lastIndex : this.#at;
  }
}
