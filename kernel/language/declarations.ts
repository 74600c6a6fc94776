// What later cells may name, as the text of a `.d.ts` file with one name to a statement. TypeScript sees it as
// the scope around the next cell.
import { posix } from "node:path";
import ts from "typescript";
import { bind, declaresLocal } from "./internals.js";

/** What a name stands for; bits, since it may be several of them. */
export const meaning = { value: 1, type: 2, both: 3 } as const;

interface Declaration {
  readonly statement: ts.Statement;
  /** Absent for what concerns no name of a cell: `declare global`, `declare module "x"`. */
  readonly name?: string;
  readonly meaning: number;
}

/**
 * The declarations of one cell, of TypeScript's `.d.ts` output for it: without `export`, names apart from each
 * other, and what the cell only declared (`declare const x`) where it belongs, with the globals.
 */
export function splitDeclarations(emitted: string, isAmbient: (name: string) => boolean): string {
  const file = parse(emitted);
  return file.statements
    .flatMap((statement) => {
      const alone = split(file, statement);
      const name = declaredName(statement);
      return name !== undefined && isAmbient(name)
        ? [`declare global {\n${alone.map((text) => text.replace(/\bdeclare (?=[a-z])/, "")).join("\n")}\n}`]
        : alone;
    })
    .map((text) => `${text}\n`)
    .join("");
}

/**
 * The declarations after a cell: what it declared, and what it left of the earlier ones. A type that it declared
 * anew goes on under another name where an earlier variable still has it.
 */
export function addDeclarations(earlier: ts.SourceFile, added: string, meanings: ReadonlyMap<string, number>): string {
  const declarations = declarationsOf(earlier);
  const shadowed = new Set(
    declarations.filter((declaration) => declaration.meaning & (meanings.get(declaration.name ?? "") ?? 0)),
  );
  if (shadowed.size === 0) return declarations.length === 0 ? added : added + textOf(earlier);
  const renamed = new Map<string, string>();
  const kept = new Map<Declaration, string>();
  const newName = (name: string): string => {
    const known = renamed.get(name);
    if (known !== undefined) return known;
    let count = 1;
    while (`${earlier.text}${added}`.includes(`${name}$${count}`)) count += 1;
    renamed.set(name, `${name}$${count}`);
    return `${name}$${count}`;
  };
  const values: string[] = [];
  for (const declaration of shadowed) {
    const { name, meaning: had } = declaration;
    if (name === undefined || !(had & meaning.value) || (meanings.get(name) ?? 0) & meaning.value) continue;
    // Only the type is new: the value is still there, under its old type.
    const value = `declare const ${name}: typeof ${newName(name)};\n`;
    if (!values.includes(value)) values.push(value);
  }
  const shadowedNames = new Set([...shadowed].map(({ name }) => name));
  // What is kept may need what is shadowed, and that something else again.
  for (let grew = true; grew; ) {
    grew = false;
    for (const declaration of declarations) {
      const isKept = !shadowed.has(declaration) || renamed.has(declaration.name ?? "");
      if (!isKept || kept.has(declaration)) continue;
      grew = true;
      for (const reference of references(earlier, declaration.statement)) {
        if (shadowedNames.has(reference.text)) newName(reference.text);
      }
      kept.set(declaration, "");
    }
  }
  const texts = declarations.flatMap((declaration) =>
    kept.has(declaration) ? [rename(earlier, declaration, shadowed, renamed)] : [],
  );
  return [added, ...values, ...texts].join("");
}

/**
 * The declarations after a cell that failed half-way: of the names that it declares, those that were assigned as
 * they are `after`, the others as they were `before`.
 */
export function mergeDeclarations(
  before: string,
  after: string,
  declares: readonly string[],
  assigned: readonly string[],
): string {
  const missing = new Set(declares.filter((name) => !assigned.includes(name)));
  if (missing.size === 0) return after;
  const keep = (text: string, wanted: (declaration: Declaration) => boolean): string => {
    const file = parse(text);
    return declarationsOf(file)
      .filter(wanted)
      .map(({ statement }) => `${statementText(file, statement)}\n`)
      .join("");
  };
  const isMissing = ({ name, meaning: has }: Declaration) =>
    name !== undefined && missing.has(name) && (has & meaning.value) !== 0;
  return keep(after, (declaration) => !isMissing(declaration)) + keep(before, isMissing);
}

/** The declarations with the paths in them, which were relative to `directory`, made absolute. */
export function absolutePaths(declarations: string, directory: string): string {
  const file = parse(declarations);
  let text = "";
  let at = 0;
  const visit = (node: ts.Node): void => {
    const isPath = ts.isStringLiteral(node) && /^\.\.?(?:\/|$)/.test(node.text) && namesModule(node);
    if (isPath) {
      text += declarations.slice(at, node.getStart(file)) + JSON.stringify(posix.join(directory, node.text));
      at = node.end;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return text + declarations.slice(at);
}

/** Whether a name is one that `addDeclarations` made, and nothing that a cell can use. */
export function isHiddenName(name: string): boolean {
  return /\$\d+$/.test(name);
}

function namesModule({ parent }: ts.StringLiteral): boolean {
  return (
    ts.isImportDeclaration(parent) ||
    ts.isExportDeclaration(parent) ||
    (ts.isLiteralTypeNode(parent) && ts.isImportTypeNode(parent.parent))
  );
}

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile("declarations.d.ts", text, ts.ScriptTarget.ESNext, true);
}

function declarationsOf(file: ts.SourceFile): Declaration[] {
  return file.statements.flatMap((statement): Declaration[] => {
    if (ts.isExportDeclaration(statement) || ts.isExportAssignment(statement)) return [];
    const name = declaredName(statement);
    return [{ statement, meaning: meaningOf(statement), ...(name !== undefined && { name }) }];
  });
}

function textOf(file: ts.SourceFile): string {
  return declarationsOf(file)
    .map(({ statement }) => `${statementText(file, statement)}\n`)
    .join("");
}

/** With its comments: they are the documentation that inspection shows. */
function statementText(file: ts.SourceFile, statement: ts.Statement): string {
  return file.text.slice(statement.getFullStart(), statement.end).trim();
}

/** The one name that a statement declares. */
function declaredName(statement: ts.Statement): string | undefined {
  if (ts.isVariableStatement(statement)) {
    const name = statement.declarationList.declarations[0]?.name;
    return name && ts.isIdentifier(name) ? name.text : undefined;
  }
  if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings } = statement.importClause ?? {};
    if (name) return name.text;
    return namedBindings && ts.isNamespaceImport(namedBindings)
      ? namedBindings.name.text
      : namedBindings?.elements[0]?.name.text;
  }
  if (ts.isModuleDeclaration(statement)) {
    const isNamespace = ts.isIdentifier(statement.name) && !(statement.flags & ts.NodeFlags.GlobalAugmentation);
    return isNamespace ? statement.name.text : undefined;
  }
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isImportEqualsDeclaration(statement)
  ) {
    return statement.name?.text;
  }
  return undefined;
}

function meaningOf(statement: ts.Statement): number {
  if (ts.isVariableStatement(statement) || ts.isFunctionDeclaration(statement)) return meaning.value;
  return ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) ? meaning.type : meaning.both;
}

function split(file: ts.SourceFile, statement: ts.Statement): string[] {
  if (ts.isExportDeclaration(statement) || ts.isExportAssignment(statement)) return [];
  const comments = file.text.slice(statement.getFullStart(), statement.getStart(file)).trim();
  const start = comments === "" ? "" : `${comments}\n`;
  if (ts.isVariableStatement(statement)) {
    const keyword = declarationKeyword(statement.declarationList);
    return statement.declarationList.declarations.map(
      (declaration) => `${start}declare ${keyword} ${declaration.getText(file)};`,
    );
  }
  if (ts.isImportDeclaration(statement)) return splitImport(file, statement);
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  const exporting = modifiers.filter(
    ({ kind }) => kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword,
  );
  const last = exporting.at(-1);
  if (!last) return [`${start}${statement.getText(file)}`];
  const rest = file.text.slice(last.end, statement.end).trim();
  const isBare = /^(?:declare|interface|type)\b/.test(rest);
  return [`${start}${isBare ? "" : "declare "}${rest}`];
}

function declarationKeyword({ flags }: ts.VariableDeclarationList): string {
  if (flags & ts.NodeFlags.Const) return "const";
  return flags & ts.NodeFlags.Let ? "let" : "var";
}

function splitImport(file: ts.SourceFile, statement: ts.ImportDeclaration): string[] {
  const { importClause, moduleSpecifier } = statement;
  if (!importClause) return [];
  const rest = `from ${file.text.slice(moduleSpecifier.getStart(file), statement.end)}`;
  const { name, namedBindings } = importClause;
  const keyword = importClause.phaseModifier === ts.SyntaxKind.TypeKeyword ? "import type" : "import";
  const bindings = [
    ...(name ? [name.text] : []),
    ...(namedBindings && ts.isNamespaceImport(namedBindings) ? [namedBindings.getText(file)] : []),
    ...(namedBindings && ts.isNamedImports(namedBindings)
      ? namedBindings.elements.map((element) => `{ ${element.getText(file)} }`)
      : []),
  ];
  return bindings.map((binding) => `${keyword} ${binding} ${rest}`);
}

/** The identifiers of a statement that name another declaration of the file, or the statement itself. */
function references(file: ts.SourceFile, statement: ts.Statement): ts.Identifier[] {
  bind(file, {});
  const found: ts.Identifier[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      if (isReference(node) && !isDeclaredInside(node, statement)) found.push(node);
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return found;
}

function isReference(identifier: ts.Identifier): boolean {
  const { parent } = identifier;
  if (ts.isTypeReferenceNode(parent)) return parent.typeName === identifier;
  if (ts.isQualifiedName(parent)) return parent.left === identifier;
  if (ts.isTypeQueryNode(parent)) return parent.exprName === identifier;
  if (ts.isExpressionWithTypeArguments(parent)) return parent.expression === identifier;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === identifier;
  if (ts.isExportSpecifier(parent)) return (parent.propertyName ?? parent.name) === identifier;
  return ts.isComputedPropertyName(parent) || ts.isExportAssignment(parent);
}

/** Whether a type parameter, or a member of a namespace, has the name between an identifier and its statement. */
function isDeclaredInside(identifier: ts.Identifier, statement: ts.Statement): boolean {
  const name = identifier.text;
  for (let at: ts.Node = identifier.parent; ; at = at.parent) {
    if (at !== statement || !ts.isModuleDeclaration(at)) {
      if (declaresLocal(at, name)) return true;
    }
    if (
      (ts.isClassLike(at) || ts.isInterfaceDeclaration(at)) &&
      at.typeParameters?.some((own) => own.name.text === name)
    ) {
      return true;
    }
    if (ts.isModuleDeclaration(at)) {
      const { symbol } = at as unknown as { readonly symbol?: ts.Symbol };
      if (declaresLocal(at, name) || symbol?.exports?.has(ts.escapeLeadingUnderscores(name))) return true;
    }
    if (at === statement) return false;
  }
}

function rename(
  file: ts.SourceFile,
  { statement, name }: Declaration,
  shadowed: ReadonlySet<Declaration>,
  renamed: ReadonlyMap<string, string>,
): string {
  const start = statement.getFullStart();
  const isShadowed = [...shadowed].some((declaration) => declaration.statement === statement);
  const edits = references(file, statement).flatMap((reference) => {
    const to = renamed.get(reference.text);
    return to === undefined ? [] : [{ start: reference.getStart(file), end: reference.end, to }];
  });
  const to = name === undefined || !isShadowed ? undefined : renamed.get(name);
  const declared = to === undefined ? undefined : nameNode(statement);
  if (to !== undefined && declared) {
    const isWholeSpecifier = ts.isImportSpecifier(declared.parent) && !declared.parent.propertyName;
    edits.push({
      start: declared.getStart(file),
      end: declared.end,
      to: isWholeSpecifier ? `${declared.text} as ${to}` : to,
    });
  }
  edits.sort((a, b) => a.start - b.start);
  let text = "";
  let at = start;
  for (const edit of edits) {
    text += file.text.slice(at, edit.start) + edit.to;
    at = edit.end;
  }
  return `${(text + file.text.slice(at, statement.end)).trim()}\n`;
}

function nameNode(statement: ts.Statement): ts.Identifier | undefined {
  if (ts.isVariableStatement(statement)) {
    const name = statement.declarationList.declarations[0]?.name;
    return name && ts.isIdentifier(name) ? name : undefined;
  }
  if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings } = statement.importClause ?? {};
    if (name) return name;
    const binding = namedBindings && ts.isNamedImports(namedBindings) ? namedBindings.elements[0] : namedBindings;
    return binding && ts.isIdentifier(binding.name) ? binding.name : undefined;
  }
  const { name } = statement as ts.DeclarationStatement;
  return name && ts.isIdentifier(name) ? name : undefined;
}
