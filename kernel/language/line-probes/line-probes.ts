// Puts probes between the statements of a cell that has become JavaScript. A probe tells, by a store, which line runs;
// a counter tells how often; and after a statement that may allocate, a flag decides whether the memory is read. All
// insertions stay on the line on which they are, so that the map of the code needs new columns only.
import { LEAST_UPPER_BOUND, originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import ts from "typescript";
import { type Edit, EditedText, moveSourceMap } from "../text-edits.js";
import { mayAllocate, mayCall, variationOf } from "./allocates.js";
import { bodyOf, cellHead, cellStatements, parseCellCode } from "./cell-code.js";
import { findFunctions, functionAt } from "./named-functions.js";
import { probeNames, probePrefix } from "./names.js";

/** A statement that a probe stands for. */
export interface ProbeSite {
  /** Line of the cell, from 1. */
  readonly line: number;
  /** The site that counts for this one: they run equally often. */
  readonly counter: number;
  /** Whether its memory is read; otherwise it only marks where time passes. */
  readonly reads: boolean;
  /** One of `variations`: how what it takes differs from one run to the next. */
  readonly variation: number;
}

/** What is to be probed. */
export interface ProbeOrder {
  /** JavaScript as the executor runs it: the body of a function, asynchronous or not. */
  readonly code: string;
  readonly sourceMap: string;
  /** The number of the first site; 0 is no site. */
  readonly firstSite: number;
  /** How many sites there may be at most; what is beyond goes without. */
  readonly siteLimit: number;
  /** Only these functions: `name` or `Class.method`; without these and `places`, all of the code. */
  readonly functions?: readonly string[];
  /** Only the functions that begin here. */
  readonly places?: readonly CodePlace[];
}

/** Where V8 has a function begin, in code as the executor runs it; both from 0. */
export interface CodePlace {
  readonly line: number;
  readonly column: number;
}

/** Code with its probes. */
export interface ProbedCode {
  readonly code: string;
  /** With the probes of its functions alone. */
  readonly inner: string;
  readonly sourceMap: string;
  readonly sites: readonly ProbeSite[];
  /** Of the functions that were asked for, those that are there, with their lines of the cell, both counted in. */
  readonly functions: readonly { readonly name: string; readonly firstLine: number; readonly lastLine: number }[];
  /** Of the places that were asked for, those where there is no function. */
  readonly missed: readonly CodePlace[];
  /** Why some of it has no probes: sentences for a reader. */
  readonly notes: readonly string[];
}

const { register, flags, counts, left, lapse, read, enter, decide, leave, suspend, resume } = probeNames;
/** The site that ran before a function was entered. */
const caller = `${probePrefix}P`;
const result = `${probePrefix}T`;
const localCount = `${probePrefix}N`;
/** Stands for what hands the counts of a loop on, until all of them are known. */
const handOn = `${probePrefix}H,`;

/** Puts probes into code. */
export function addLineProbes(order: ProbeOrder): ProbedCode {
  return new Prober(order).probe();
}

/** What a statement needs to know of the function that it is in. */
interface Frame {
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
  /** The cell itself: nothing called it. */
  readonly isCell: boolean;
  /** For whom a tight loop counts without the shared counters; and for which site that count runs down, if it does. */
  readonly local?: Map<number, number | undefined>;
  /** In a `try` any statement may be the last that runs. */
  readonly inTry: boolean;
}

class Prober {
  private readonly order: ProbeOrder;
  private readonly file: ts.SourceFile;
  private readonly map: TraceMap;
  private readonly edits: Edit[] = [];
  private readonly sites: ProbeSite[] = [];
  private readonly notes: string[] = [];
  /** The counter of the straight run of statements that is being probed. */
  private counter: number | undefined;
  private line = 0;

  constructor(order: ProbeOrder) {
    this.order = order;
    this.file = parseCellCode(order.code);
    this.map = new TraceMap(order.sourceMap);
  }

  probe(): ProbedCode {
    const { code, sourceMap, functions, places } = this.order;
    const missed: CodePlace[] = [];
    const found: { name: string; firstLine: number; lastLine: number }[] = [];
    if (code.includes(probePrefix)) {
      this.notes.push(
        `Code that uses names with "${probePrefix}" cannot be measured by line: they are the probes' own.`,
      );
    } else if (functions === undefined && places === undefined) {
      this.cell();
    } else {
      const wanted = new Map(findFunctions(this.file, functions ?? []).map(([name, node]) => [node, name] as const));
      for (const place of places ?? []) {
        const at = functionAt(this.file, this.offsetOf(place));
        if (at === undefined) missed.push(place);
        else wanted.set(at.node, wanted.get(at.node) ?? at.name);
      }
      for (const [node, name] of wanted) {
        // It is a part of the table of the function around it.
        if (ts.findAncestor(node.parent, (outer) => wanted.has(outer as ts.FunctionLikeDeclaration))) continue;
        const firstLine = this.lineOf(node.getStart(this.file)) ?? 1;
        found.push({ name, firstLine, lastLine: Math.max(firstLine, this.lastLineOf(node) ?? firstLine) });
        this.line = 0;
        this.functionLike(node);
      }
    }
    const edits = this.edits.map((edit) => ({
      ...edit,
      start: edit.start - cellHead.length,
      end: edit.end - cellHead.length,
    }));
    const edited = new EditedText(code, edits);
    const bodies = outerBodies(this.file).map(
      ([start, end]) => [start - cellHead.length, end - cellHead.length] as const,
    );
    const isInner = ({ start, end }: Edit) => bodies.some(([first, last]) => start >= first && end <= last);
    return {
      code: edited.text,
      inner: new EditedText(code, edits.filter(isInner)).text,
      sourceMap: this.edits.length === 0 ? sourceMap : moveSourceMap(sourceMap, edited),
      sites: this.sites,
      functions: found,
      missed,
      notes: this.notes,
    };
  }

  private cell(): void {
    this.insert(cellHead.length, `let ${caller}=0;\n`);
    this.statements(cellStatements(this.file), { isAsync: true, isGenerator: false, isCell: true, inTry: false });
    // Nothing runs any more, until somebody calls a function of this cell.
    this.insert(cellHead.length + this.order.code.length, `\n;${register}[0]=0;`);
  }

  private statements(statements: readonly ts.Statement[], frame: Frame): void {
    this.counter = undefined;
    for (const statement of statements) {
      if (frame.inTry) this.counter = undefined;
      this.statement(statement, frame);
      if (endsRun(statement)) this.counter = undefined;
    }
    this.counter = undefined;
  }

  private statement(statement: ts.Statement, frame: Frame): void {
    if (isDirective(statement) || ts.isEmptyStatement(statement)) return;
    if (ts.isFunctionDeclaration(statement)) {
      this.apart(() => this.functionLike(statement));
      return;
    }
    if (ts.isBlock(statement)) {
      this.statements(statement.statements, frame);
      return;
    }
    if (ts.isTryStatement(statement)) {
      this.try(statement, frame);
      return;
    }
    const inner = unlabelled(statement);
    if (ts.isBlock(inner)) {
      this.statements(inner.statements, frame);
      return;
    }
    const parts = ownParts(inner);
    const reads = parts.some(mayAllocate) || isAlwaysRead(inner);
    const site = this.site(statement, reads, parts);
    if (site === undefined) {
      this.children(inner, frame, undefined);
      return;
    }
    const start = statement.getStart(this.file);
    if (ts.isIterationStatement(inner, false)) {
      this.loop(statement, inner, site, frame);
      return;
    }
    if (ts.isReturnStatement(inner)) {
      this.return(inner, site, frame);
      return;
    }
    // V8 finds a function again by the lines of its braces, when the probes are taken back: nothing else stands there.
    const apart = this.holdsBody(inner) ? "\n" : "";
    this.insert(start, this.begin(site, frame) + (this.opensBody(start) ? "\n" : ""));
    if (ts.isIfStatement(inner)) this.if(inner, site, frame);
    else if (ts.isSwitchStatement(inner)) this.switch(inner, site, frame);
    else {
      this.children(inner, frame, site);
      if (reads && !ts.isThrowStatement(inner)) this.insert(inner.end, `${apart};${this.readOf(site, frame)}`);
    }
  }

  /** Whether a body may begin on the line of `offset`, after it. */
  private opensBody(offset: number): boolean {
    const { text } = this.file;
    const end = text.indexOf("\n", offset);
    return text
      .slice(offset, end < 0 ? text.length : end)
      .trimEnd()
      .endsWith("{");
  }

  /** Whether a function is in `node` whose body takes more than one line. */
  private holdsBody(node: ts.Node): boolean {
    if (ts.isFunctionLike(node)) return node.getText(this.file).includes("\n");
    return ts.forEachChild(node, (child) => this.holdsBody(child)) ?? false;
  }

  private if(statement: ts.IfStatement, site: number, frame: Frame): void {
    this.value(statement.expression, site, frame);
    for (const branch of [statement.thenStatement, statement.elseStatement]) {
      if (branch !== undefined) this.body(branch, frame);
    }
  }

  private switch(statement: ts.SwitchStatement, site: number, frame: Frame): void {
    this.value(statement.expression, site, frame);
    for (const clause of statement.caseBlock.clauses) {
      if (ts.isCaseClause(clause)) this.children(clause.expression, frame, site, true);
      this.statements(clause.statements, frame);
    }
  }

  private try({ tryBlock, catchClause, finallyBlock }: ts.TryStatement, frame: Frame): void {
    this.statements(tryBlock.statements, { ...frame, inTry: true });
    if (catchClause) this.statements(catchClause.block.statements, frame);
    if (finallyBlock) this.statements(finallyBlock.statements, frame);
  }

  private loop(outer: ts.Statement, loop: ts.IterationStatement, site: number, frame: Frame): void {
    // The count of a loop that nothing can leave unseen is kept in a register of the machine.
    const local = frame.local === undefined && !frame.inTry && isPlain(loop) ? new Map() : undefined;
    const within: Frame = local === undefined ? frame : { ...frame, local };
    const start = outer.getStart(this.file);
    const opening: Edit = { start, end: start, text: "" };
    const place = this.edits.push(opening) - 1;
    const begin = this.begin(site, frame);
    const reads = this.sites[site - this.order.firstSite]?.reads === true;
    if (ts.isForStatement(loop)) {
      if (loop.initializer) this.children(loop.initializer, frame, site, true);
      if (loop.condition) this.value(loop.condition, site, frame);
      if (loop.incrementor) this.value(loop.incrementor, site, frame);
    } else if (ts.isForInStatement(loop) || ts.isForOfStatement(loop)) {
      this.children(loop.initializer, frame, site);
      this.children(loop.expression, frame, site, true);
    } else if (ts.isWhileStatement(loop)) this.value(loop.expression, site, frame);
    const isIterated = ts.isForInStatement(loop) || ts.isForOfStatement(loop);
    const [firstEdit, firstSite] = [this.edits.length, this.order.firstSite + this.sites.length];
    const entry = isIterated && reads ? this.readOf(site, within) : "";
    const suspended = ts.isForOfStatement(loop) && loop.awaitModifier !== undefined;
    this.body(
      loop.statement,
      within,
      entry + (suspended ? `${caller}=0;` : ""),
      isIterated ? `${register}[0]=${site};` : "",
    );
    if (ts.isDoStatement(loop)) this.value(loop.expression, site, frame);
    const ahead = within.local && !isIterated && !reads ? this.ease(loop, firstSite, firstEdit, within.local) : "";
    const { declared, counted } = local === undefined ? { declared: "", counted: "" } : this.keepCounts(place, local);
    const closing = reads ? `;${register}[0]=${site};${this.readOf(site, frame)}` : "";
    // A loop that an exception ends has its counts as well.
    const [entered, ended] = declared === "" ? ["", ""] : [`{let ${declared};try{`, `;}finally{${counted}}}`];
    this.edits[place] = { ...opening, text: entered + begin + ahead };
    this.insert(outer.end, ended + closing);
  }

  /** Takes out of a tight loop what can stand before it or around it; returns what has to stand before it. */
  private ease(
    loop: ts.IterationStatement,
    first: number,
    from: number,
    local: Map<number, number | undefined>,
  ): string {
    const inside = this.sites.slice(first - this.order.firstSite);
    const [reading, another] = inside.flatMap(({ reads }, index) => (reads ? [first + index] : []));
    if (ts.isForStatement(loop) && isStraight(loop.statement) && reading !== undefined && another === undefined)
      this.stretch(loop, { counter: first, site: reading }, from, local);
    if (inside.length !== 1) return "";
    // Nothing takes turns with it.
    const mark = `${register}[0]=${first};`;
    this.replaceFrom(from, mark, "");
    return mark;
  }

  /**
   * Divides the runs of a loop into stretches, at whose ends it is looked whether its one statement is to be read. With a call
   * in it, V8 keeps what a loop works on in memory: a loop that does little takes a sixth less without.
   */
  private stretch(
    { condition, incrementor, statement }: ts.ForStatement,
    { counter, site }: { readonly counter: number; readonly site: number },
    from: number,
    local: Map<number, number | undefined>,
  ): void {
    if (condition === undefined || incrementor === undefined || !isSteady(condition)) return;
    const [until, step] = [condition.getText(this.file), incrementor.getText(this.file)];
    // All that follows stays on its line.
    if (`${until}${step}`.includes("\n")) return;
    const count = `${localCount}${counter}`;
    local.set(counter, site);
    this.replaceFrom(from, countUp(counter), "");
    this.replaceFrom(from, readInLoop(site), "");
    const look = `${count}<0&&(${count}=0,${handOn}${count}=${lapse}(${site}))`;
    this.edits.push({ start: incrementor.getStart(this.file), end: incrementor.end, text: look });
    this.insert(statement.getFullStart(), `for(;(${until})&&(${count}=${count}-1|0)>=0;${step})`);
  }

  /**
   * Keeps the counts of a loop in registers of the machine. A read in it must know how often its statements have run, or what
   * they took would be the next one's.
   */
  private keepCounts(
    from: number,
    local: ReadonlyMap<number, number | undefined>,
  ): { readonly declared: string; readonly counted: string } {
    const declared = [...local].map(
      ([counter, site]) => `${localCount}${counter}=${site === undefined ? 0 : `${left}[${site}]`}`,
    );
    const counted = [...local].map(([counter, site]) => {
      const count = `${localCount}${counter}`;
      return site === undefined
        ? `${counts}[${counter}]+=${count},${count}=0,`
        : `${counts}[${counter}]+=${left}[${site}]-${count},${left}[${site}]=${count},`;
    });
    this.replaceFrom(from, handOn, counted.join(""));
    return { declared: declared.join(","), counted: counted.join("").replace(/,$/, ";") };
  }

  private replaceFrom(from: number, text: string, by: string): void {
    for (const [index, edit] of this.edits.entries())
      if (index >= from && edit.text.includes(text))
        this.edits[index] = { ...edit, text: edit.text.replaceAll(text, by) };
  }

  /** A statement that stands where a block may stand. */
  private body(statement: ts.Statement, frame: Frame, before = "", after = ""): void {
    if (ts.isBlock(statement)) {
      this.insert(statement.statements.pos, before);
      this.statements(statement.statements, frame);
      this.insert(statement.end - 1, after);
      return;
    }
    this.insert(statement.getStart(this.file), `{${before}`);
    this.statements([statement], frame);
    this.insert(statement.end, `${after}}`);
  }

  private return(statement: ts.ReturnStatement, site: number, frame: Frame): void {
    const { expression } = statement;
    const start = statement.getStart(this.file);
    const keyword = { start, end: start + "return".length };
    const leaving = `${register}[0]=${caller};`;
    if (expression === undefined) {
      this.insert(start, `{${this.begin(site, frame)}${leaving}`);
      this.insert(statement.end, "}");
      return;
    }
    if (isAnonymous(expression) || (!mayCall(expression) && !mayAllocate(expression))) {
      this.insert(start, `{${this.begin(site, frame)}${leaving}`);
      this.children(expression, frame, site, true);
      this.insert(statement.end, "}");
      return;
    }
    const reads = mayAllocate(expression) ? this.readOf(site, frame) : "";
    this.edits.push({ ...keyword, text: `{${this.begin(site, frame)}const ${result}=(` });
    this.children(expression, frame, site, true);
    this.insert(expression.end, `);${reads}${leaving}return ${result};`);
    this.insert(statement.end, "}");
  }

  /** An expression of which the value decides how it goes on. */
  private value(expression: ts.Expression, site: number, frame: Frame): void {
    const wraps = mayAllocate(expression) && !isAnonymous(expression);
    const start = expression.getStart(this.file);
    if (wraps) this.insert(start, `${decide}(${site},(${register}[0]=${site},`);
    this.children(expression, frame, site, true);
    if (wraps) this.insert(expression.end, "))");
  }

  /** Visits what is inside of a node for functions, and for where they are left and entered again. */
  private children(node: ts.Node, frame: Frame, site: number | undefined, itself = false): void {
    const visit = (child: ts.Node): void => {
      if (ts.isStatement(child) && !ts.isBlock(child) && !ts.isExpression(child)) {
        this.apart(() => this.statement(child, frame));
        return;
      }
      if (ts.isFunctionLike(child)) {
        this.apart(() => this.functionLike(child));
        return;
      }
      if (ts.isClassStaticBlockDeclaration(child)) {
        this.apart(() =>
          this.statements(child.body.statements, { ...frame, isAsync: false, isGenerator: false, inTry: false }),
        );
        return;
      }
      if (ts.isPropertyDeclaration(child)) {
        this.children(child.name, frame, site);
        if (child.initializer) this.initializer(child.initializer);
        return;
      }
      if (ts.isAwaitExpression(child) && site !== undefined) {
        this.suspension(child, child.expression, site, frame);
        return;
      }
      if (ts.isYieldExpression(child) && site !== undefined) {
        this.suspension(child, child.asteriskToken ? undefined : child.expression, site, frame);
        return;
      }
      ts.forEachChild(child, visit);
    };
    if (itself) visit(node);
    else ts.forEachChild(node, visit);
  }

  /** `await` and `yield`: other code runs in the middle of them. */
  private suspension(
    node: ts.AwaitExpression | ts.YieldExpression,
    given: ts.Expression | undefined,
    site: number,
    frame: Frame,
  ): void {
    this.insert(node.getStart(this.file), `${resume}(${site},`);
    if (given !== undefined) this.insert(given.getStart(this.file), `${suspend}(${site},${caller},`);
    this.children(node, frame, site);
    if (given !== undefined) this.insert(given.end, ")");
    // Whoever resumes it is the caller from here on; after an `await`, that is nobody.
    this.insert(node.end, `,${caller}=${ts.isAwaitExpression(node) ? 0 : `${register}[0]`})`);
  }

  /** The value of a field or of a parameter that was not given: it belongs to its own line, and then the caller goes on. */
  private initializer(expression: ts.Expression): void {
    const wraps = mayAllocate(expression) && !isAnonymous(expression);
    const site = wraps ? this.apart(() => this.site(expression, true, [expression])) : undefined;
    if (site !== undefined) {
      this.insert(
        expression.getStart(this.file),
        `${leave}(${site},${register}[0],(${register}[0]=${site},${counts}[${site}]++,`,
      );
    }
    this.children(expression, { isAsync: false, isGenerator: false, isCell: true, inTry: false }, undefined, true);
    if (site !== undefined) this.insert(expression.end, "))");
  }

  private functionLike(node: ts.SignatureDeclaration): void {
    const { body } = node as ts.FunctionLikeDeclaration;
    const name = node.name;
    if (name && ts.isComputedPropertyName(name)) {
      this.children(name, { isAsync: false, isGenerator: false, isCell: true, inTry: false }, undefined);
    }
    for (const parameter of node.parameters) {
      if (parameter.initializer) this.initializer(parameter.initializer);
      this.children(parameter.name, { isAsync: false, isGenerator: false, isCell: true, inTry: false }, undefined);
    }
    if (body === undefined) return;
    const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined;
    const isAsync = modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) === true;
    const isGenerator = "asteriskToken" in node && node.asteriskToken !== undefined;
    const frame: Frame = { isAsync, isGenerator, isCell: false, inTry: false };
    // What the caller has made for the call, its arguments or a new object, is not for what is read here first.
    const entered = mayAllocate(body) ? `${flags}[${caller}]&&${enter}(${caller});` : "";
    const declares = `${isAsync || isGenerator ? "let" : "const"} ${caller}=${register}[0];${entered}`;
    if (!ts.isBlock(body)) {
      this.arrow(body, frame, declares);
      return;
    }
    const first = body.statements.find((statement) => !isDirective(statement));
    if (first === undefined) return;
    const outer = this.line;
    // Nothing on the lines of the braces, where they have lines of their own: V8 finds the function again by them.
    this.insert(first.getStart(this.file), first === body.statements[0] ? declares : `;${declares}`);
    this.statements(body.statements, frame);
    this.insert(body.statements.end, `;${register}[0]=${caller};`);
    this.line = outer;
  }

  /** `x => value`. Where the value is cheap and stands on the line of its caller, the caller's probe says it all. */
  private arrow(body: ts.Expression, frame: Frame, declares: string): void {
    const outer = this.line;
    const isCheap = !mayAllocate(body) && !mayCall(body);
    const site =
      isCheap && this.lineOf(body.getStart(this.file)) === outer
        ? undefined
        : this.site(body, mayAllocate(body), [body]);
    if (site === undefined) {
      // Without a caller of its own, nothing inside may refer to one.
      this.children(body, frame, undefined, true);
      return;
    }
    const begin = `{${declares}${this.begin(site, frame)}`;
    const leaving = `${register}[0]=${caller};`;
    if (isAnonymous(body)) {
      this.insert(body.getStart(this.file), `${begin}${leaving}return `);
      this.children(body, frame, site, true);
      this.insert(body.end, "}");
    } else {
      this.insert(body.getStart(this.file), `${begin}const ${result}=(`);
      this.children(body, frame, site, true);
      const reads = this.sites[site - this.order.firstSite]?.reads === true ? this.readOf(site, frame) : "";
      this.insert(body.end, `);${reads}${leaving}return ${result};}`);
    }
    this.line = outer;
  }

  /** What happens inside of a function has its own counter, and leaves that of the code around it as it was. */
  private apart<T>(visit: () => T): T {
    const { counter, line } = this;
    this.counter = undefined;
    const value = visit();
    this.counter = counter;
    this.line = line;
    return value;
  }

  /** `parts` are what of the node is its own; other sites stand for the rest. */
  private site(node: ts.Node, reads: boolean, parts: readonly ts.Node[]): number | undefined {
    const line = this.lineOf(node.getStart(this.file));
    if (line === undefined) return undefined;
    if (this.sites.length >= this.order.siteLimit) {
      if (this.notes.length === 0)
        this.notes.push(`Statements after line ${line} are not measured: there are too many.`);
      return undefined;
    }
    this.line = line;
    const site = this.order.firstSite + this.sites.length;
    this.sites.push({ line, counter: this.counter ?? site, reads, variation: Math.max(0, ...parts.map(variationOf)) });
    return site;
  }

  /** A site of which the counter is its own counts, the others are counted with it. */
  private begin(site: number, frame: Frame): string {
    const here = `${register}[0]=${site};`;
    const isCounter = this.sites[site - this.order.firstSite]?.counter === site;
    if (!isCounter) return here;
    this.counter = site;
    frame.local?.set(site, undefined);
    return here + (frame.local === undefined ? `${counts}[${site}]++;` : countUp(site));
  }

  private readOf(site: number, { local }: Frame): string {
    return local === undefined ? `${flags}[${site}]&&${read}(${site});` : readInLoop(site);
  }

  private lineOf(offset: number): number | undefined {
    const { line, character } = this.positionOf(offset);
    const at = { line: line + 1, column: character };
    const before = originalPositionFor(this.map, at);
    const found = before.line === null ? originalPositionFor(this.map, { ...at, bias: LEAST_UPPER_BOUND }) : before;
    return found.line ?? undefined;
  }

  private lastLineOf(node: ts.FunctionLikeDeclaration): number | undefined {
    const last = node.body !== undefined && ts.isBlock(node.body) ? node.body.statements.at(-1) : undefined;
    // A brace that the cell does not have has no place in it.
    return this.lineOf(node.end - 1) ?? (last && this.lineOf(last.end - 1));
  }

  private positionOf(offset: number): ts.LineAndCharacter {
    const { line, character } = this.file.getLineAndCharacterOfPosition(offset);
    return { line, character: line === 0 ? character - cellHead.length : character };
  }

  private offsetOf({ line, column }: CodePlace): number {
    const lines = this.file.getLineStarts();
    return (lines[line] ?? this.file.end) + column + (line === 0 ? cellHead.length : 0);
  }

  private insert(at: number, text: string): void {
    if (text !== "") this.edits.push({ start: at, end: at, text });
  }
}

/** It may wrap, as the counts do: without a check for that, a loop that does little takes a twentieth less. */
function countUp(counter: number): string {
  const count = `${localCount}${counter}`;
  return `${count}=${count}+1|0;`;
}

function readInLoop(site: number): string {
  return `${flags}[${site}]&&(${handOn}${read}(${site}));`;
}

/** Between what the bodies of the cell's functions have their probes, of those functions that are in no other one. */
function outerBodies(file: ts.SourceFile): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  const visit = (node: ts.Node): void => {
    const body = bodyOf(node);
    if (body === undefined) ts.forEachChild(node, visit);
    else if (ts.isBlock(body)) found.push([body.getStart(file) + 1, body.end - 1]);
    else found.push([body.getStart(file), body.end]);
  };
  for (const statement of cellStatements(file)) visit(statement);
  return found;
}

/** What of a statement is its own: other sites stand for the statements in it. */
function ownParts(statement: ts.Statement): readonly ts.Node[] {
  if (ts.isForStatement(statement)) {
    const { initializer, condition, incrementor } = statement;
    return [initializer, condition, incrementor].filter((part) => part !== undefined);
  }
  const isHeaded =
    ts.isIfStatement(statement) ||
    ts.isSwitchStatement(statement) ||
    ts.isForInStatement(statement) ||
    ts.isForOfStatement(statement) ||
    ts.isWhileStatement(statement) ||
    ts.isDoStatement(statement);
  return [isHeaded ? statement.expression : statement];
}

/** Loops that take memory whatever they go over. */
function isAlwaysRead(statement: ts.Statement): boolean {
  return ts.isForInStatement(statement) || (ts.isForOfStatement(statement) && statement.awaitModifier !== undefined);
}

function isDirective(statement: ts.Statement): boolean {
  return ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression);
}

function unlabelled(statement: ts.Statement): ts.Statement {
  return ts.isLabeledStatement(statement) ? unlabelled(statement.statement) : statement;
}

/** After it, those that follow need not run as often as those before it. */
function endsRun(statement: ts.Node): boolean {
  if (ts.isFunctionLike(statement) || ts.isClassLike(statement)) return false;
  if (jumps.has(statement.kind)) return true;
  return ts.forEachChild(statement, endsRun) ?? false;
}

const jumps: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.BreakStatement,
  ts.SyntaxKind.ContinueStatement,
  ts.SyntaxKind.ReturnStatement,
  ts.SyntaxKind.ThrowStatement,
  ts.SyntaxKind.AwaitExpression,
  ts.SyntaxKind.YieldExpression,
]);

/** A loop that only ends at its end: nothing in it calls, returns, waits, or jumps out of more than itself. */
function isPlain(loop: ts.IterationStatement): boolean {
  const leaves = (node: ts.Node): boolean => {
    if (ts.isReturnStatement(node) || ts.isThrowStatement(node) || ts.isTryStatement(node)) return true;
    if (ts.isIterationStatement(node, false) || ts.isLabeledStatement(node)) return true;
    if (ts.isBreakOrContinueStatement(node) && node.label) return true;
    return ts.forEachChild(node, leaves) ?? false;
  };
  const isSimpleHead =
    ts.isForStatement(loop) || ts.isWhileStatement(loop) || ts.isDoStatement(loop) || ts.isForOfStatement(loop);
  return isSimpleHead && !mayCall(loop) && !(ts.forEachChild(loop, leaves) ?? false);
}

/** Whether asking once more changes nothing: what is compared are numbers, and variables and their properties. */
function isSteady(condition: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(condition)) return isSteady(condition.expression);
  if (ts.isBinaryExpression(condition)) {
    const { operatorToken, left: first, right: second } = condition;
    return steadyOperators.has(operatorToken.kind) && isSteady(first) && isSteady(second);
  }
  if (ts.isPropertyAccessExpression(condition)) return isSteady(condition.expression);
  return ts.isIdentifier(condition) || ts.isNumericLiteral(condition);
}

const steadyOperators: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.PlusToken,
  ts.SyntaxKind.MinusToken,
  ts.SyntaxKind.AsteriskToken,
]);

/** Whether all of a loop's body runs, and each statement is one that is read after it. */
function isStraight(body: ts.Statement): boolean {
  const statements = ts.isBlock(body) ? body.statements : [body];
  return statements.every((each) => ts.isExpressionStatement(each) || ts.isVariableStatement(each));
}

/** A function or class that takes its name from what it is given to. */
function isAnonymous(expression: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(expression)) return isAnonymous(expression.expression);
  return ts.isArrowFunction(expression) || ts.isFunctionExpression(expression) || ts.isClassExpression(expression);
}
