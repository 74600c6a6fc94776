import ts from "typescript";
import type { CellProgram } from "./cell-program.js";
import { cellPrefix } from "./cell-text.js";
import { toCommonJs } from "./common-js.js";
import { addDeclarations, meaning, splitDeclarations } from "./declarations.js";
import { isInRange, localsOf, resolvedImports } from "./internals.js";
import { giveBodiesLines } from "./line-probes/body-lines.js";
import { compileLocalModules, localImports } from "./local-modules.js";
import { declareObjects } from "./object-declarations.js";
import type { Conversion } from "./requests.js";
import { cellSourceMap } from "./text-edits.js";

type Converted = Extract<Conversion, { readonly status: "converted" }>;

const prefixLines = cellPrefix.split("\n").length - 1;

/** Emits the cell of a program, which must have no errors. */
export function convertCell(cells: CellProgram, transformers: ts.CustomTransformers): Converted {
  const { source, declarations } = cells;
  const program = cells.current();
  const checker = program.getTypeChecker();
  const resultName = freeName(source);
  const result = findResult(source);
  const emitted = emit(program, source, {
    before: [(context) => (file) => (result ? nameResult(file, result, resultName, context) : file)],
    ...(transformers.afterDeclarations && { afterDeclarations: transformers.afterDeclarations }),
  });
  const earlier = localsOf(declarations);
  const own = localsOf(source);
  const imports = resolvedImports(program, source);
  const local = localImports(imports);
  const { edited, isEmpty, declares, awaits } = toCommonJs(emitted.javaScript, {
    resultName,
    localPath: (specifier) => local.get(specifier),
    isEarlierValue: (name) => isValue(earlier.get(name), checker),
  });
  const emittedDeclarations = splitDeclarations(
    /\.jsx?$/.test(source.fileName)
      ? declareObjects(emitted.declarations, (name) => (isConstant(own.get(name)) ? "const" : "let"))
      : emitted.declarations,
    (name) => isAmbient(own.get(name)),
  );
  const added = dropRepeated(emittedDeclarations, declarations.text) + declareNested(own, checker);
  return {
    status: "converted",
    code: "",
    ...(!isEmpty &&
      giveBodiesLines({ code: edited.text, sourceMap: cellSourceMap(emitted.sourceMap, prefixLines, edited) })),
    declarations:
      added === ""
        ? declarations.text.slice(cellPrefix.length)
        : addDeclarations(declarations, added, meaningsOf(own, checker)),
    declares,
    awaits,
    ...(result && { resultName }),
    warnings: [...imports.keys()].flatMap(
      (specifier) => cells.config.resolution.checkVersion(specifier, isInRange) ?? [],
    ),
    modules: compileLocalModules(program, source),
  };
}

interface Emitted {
  readonly javaScript: string;
  readonly sourceMap: string;
  readonly declarations: string;
}

function emit(program: ts.Program, file: ts.SourceFile, transformers: ts.CustomTransformers): Emitted {
  const outputs = { javaScript: "", sourceMap: "", declarations: "" };
  const write = (fileName: string, text: string): void => {
    if (fileName.endsWith(".map")) outputs.sourceMap = text;
    else if (fileName.endsWith(".d.ts")) outputs.declarations = text;
    else outputs.javaScript = text;
  };
  // The last argument is not in the public type. It asks for declarations also where a type cannot be named
  // outside of its file: that is for libraries to complain about, not for cells.
  const emitForced = program.emit.bind(program) as (
    ...args: [...Parameters<ts.Program["emit"]>, forceDeclarations: boolean]
  ) => ts.EmitResult;
  emitForced(file, write, undefined, false, transformers, true);
  return { ...outputs, javaScript: outputs.javaScript.replace(/\/\/# sourceMappingURL=.*\n?$/, "") };
}

/** The statement whose value is shown: the last one, when it is an expression. */
function findResult(source: ts.SourceFile): ts.ExpressionStatement | undefined {
  for (const statement of [...source.statements].reverse()) {
    if (ts.isExpressionStatement(statement)) return statement;
    const runsNothing =
      ts.isExportDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isEmptyStatement(statement);
    if (!runsNothing) return undefined;
  }
  return undefined;
}

function nameResult(
  file: ts.SourceFile,
  result: ts.ExpressionStatement,
  name: string,
  { factory }: ts.TransformationContext,
): ts.SourceFile {
  const statements = file.statements.map((statement) => {
    if (statement !== result) return statement;
    const assignment = factory.createAssignment(factory.createIdentifier(name), result.expression);
    return factory.updateExpressionStatement(result, ts.setTextRange(assignment, result.expression));
  });
  return factory.updateSourceFile(file, statements);
}

function freeName(source: ts.SourceFile): string {
  let name = "tsLastExpr";
  for (let count = 0; source.text.includes(name); count += 1) name = `tsLastExpr${count}`;
  return name;
}

function meaningsOf(names: ReadonlyMap<string, ts.Symbol>, checker: ts.TypeChecker): Map<string, number> {
  return new Map(
    [...names].map(([name, symbol]) => {
      const flags = flagsOf(symbol, checker);
      const has = (flags & ts.SymbolFlags.Value ? meaning.value : 0) | (flags & ts.SymbolFlags.Type ? meaning.type : 0);
      // A namespace of types is neither, and takes the name all the same.
      return [name, has === 0 ? meaning.both : has];
    }),
  );
}

function isValue(symbol: ts.Symbol | undefined, checker: ts.TypeChecker): boolean {
  return symbol !== undefined && (flagsOf(symbol, checker) & ts.SymbolFlags.Value) !== 0;
}

function flagsOf(symbol: ts.Symbol, checker: ts.TypeChecker): ts.SymbolFlags {
  if (!(symbol.flags & ts.SymbolFlags.Alias)) return symbol.flags;
  const aliased = checker.getAliasedSymbol(symbol);
  // What comes from a package without types may be anything.
  return checker.isUnknownSymbol(aliased) ? ts.SymbolFlags.Value | ts.SymbolFlags.Type : aliased.flags;
}

function isAmbient(symbol: ts.Symbol | undefined): boolean {
  const declaration = symbol?.declarations?.[0];
  if (!declaration || !(symbol.flags & ts.SymbolFlags.Value)) return false;
  return (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Ambient) !== 0;
}

function isConstant(symbol: ts.Symbol | undefined): boolean {
  const declaration = symbol?.valueDeclaration;
  return declaration !== undefined && (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
}

/** A `var` in a block or in the head of a loop is known to the whole cell, and no concern of a `.d.ts` file. */
function declareNested(names: ReadonlyMap<string, ts.Symbol>, checker: ts.TypeChecker): string {
  return [...names]
    .filter(([, symbol]) => symbol.flags & ts.SymbolFlags.FunctionScopedVariable && !symbol.declarations?.some(isAtTop))
    .map(([name, symbol]) => {
      const type = checker.typeToString(checker.getTypeOfSymbol(symbol), undefined, ts.TypeFormatFlags.NoTruncation);
      return `declare var ${name}: ${type};\n`;
    })
    .join("");
}

function isAtTop(declaration: ts.Declaration): boolean {
  const statement = ts.findAncestor(declaration, ts.isVariableStatement);
  return statement !== undefined && ts.isSourceFile(statement.parent);
}

/** Global declarations are kept for good; those of a cell that runs again are there already. */
function dropRepeated(added: string, earlier: string): string {
  return added.replace(/^declare (?:global|module) [\s\S]*?^\}\n/gm, (block) => (earlier.includes(block) ? "" : block));
}
