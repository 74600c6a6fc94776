// TypeScript declares an object literal of JavaScript as a namespace. To a person who looks at the name it is a
// variable with properties.
import ts from "typescript";

/** The `.d.ts` text of a JavaScript file with its objects declared as variables instead of namespaces. */
export function declareObjects(emitted: string, keywordOf: (name: string) => "const" | "let"): string {
  const file = ts.createSourceFile("emitted.d.ts", emitted, ts.ScriptTarget.ESNext, true);
  let text = "";
  let at = 0;
  for (const statement of file.statements) {
    if (!ts.isModuleDeclaration(statement) || !isAlone(statement, file.statements)) continue;
    const name = statement.name.text;
    const members = membersOf(statement);
    // What else a namespace may hold, no type can say; it stays one.
    if (!members) continue;
    const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    const start = isExported ? "export declare" : "declare";
    text += `${emitted.slice(at, statement.getStart(file))}${start} ${keywordOf(name)} ${name}: ${typeOf(members)};`;
    at = statement.end;
  }
  return text + emitted.slice(at);
}

/** Whether nothing else has the name: functions and classes with properties are namespaces too. */
function isAlone(namespace: ts.ModuleDeclaration, among: readonly ts.Statement[]): boolean {
  return !among.some(
    (other) =>
      other !== namespace &&
      (ts.isFunctionDeclaration(other) || ts.isClassDeclaration(other) || ts.isModuleDeclaration(other)) &&
      other.name?.text === namespace.name.text,
  );
}

function typeOf(members: readonly string[], depth = 0): string {
  if (members.length === 0) return "{}";
  const indent = "    ".repeat(depth);
  return `{\n${members.map((member) => `${indent}    ${member};`).join("\n")}\n${indent}}`;
}

/** The members of a namespace as those of a type; undefined when one of them cannot be said so. */
function membersOf({ body }: ts.ModuleDeclaration, depth = 0): readonly string[] | undefined {
  if (!body || !ts.isModuleBlock(body)) return undefined;
  const { statements } = body;
  const local = new Set(statements.flatMap(declaredNames));
  if (statements.some((statement) => namesOneOf(statement, local))) return undefined;
  const exportedAs = renamed(statements);
  const members: string[] = [];
  for (const statement of statements) {
    if (ts.isVariableStatement(statement)) {
      const { flags, declarations } = statement.declarationList;
      for (const { name, type, initializer } of declarations) {
        const value = type ?? initializer;
        if (!ts.isIdentifier(name)) return undefined;
        const readOnly = flags & ts.NodeFlags.Const ? "readonly " : "";
        members.push(`${readOnly}${exportedAs.get(name.text) ?? name.text}: ${value?.getText() ?? "any"}`);
      }
    } else if (ts.isFunctionDeclaration(statement) && statement.name) {
      const signature = statement.getText().slice(statement.name.end - statement.getStart());
      members.push(`${exportedAs.get(statement.name.text) ?? statement.name.text}${signature.replace(/;$/, "")}`);
    } else if (ts.isModuleDeclaration(statement)) {
      const nested = isAlone(statement, statements) ? membersOf(statement, depth + 1) : undefined;
      if (!nested) return undefined;
      members.push(`${exportedAs.get(statement.name.text) ?? statement.name.text}: ${typeOf(nested, depth + 1)}`);
    } else if (ts.isExportDeclaration(statement)) {
      for (const { name, propertyName } of specifiersOf(statement)) {
        const exported = (propertyName ?? name).text;
        if (!local.has(exported)) members.push(`${name.text}: typeof ${exported}`);
      }
    } else return undefined;
  }
  return members;
}

/** A property that is called like a keyword is declared under another name, and exported as what it is. */
function renamed(statements: readonly ts.Statement[]): ReadonlyMap<string, string> {
  const specifiers = statements.flatMap((statement) =>
    ts.isExportDeclaration(statement) ? specifiersOf(statement) : [],
  );
  return new Map(specifiers.map(({ name, propertyName }) => [(propertyName ?? name).text, name.text]));
}

function specifiersOf({ exportClause }: ts.ExportDeclaration): readonly ts.ExportSpecifier[] {
  return exportClause && ts.isNamedExports(exportClause) ? exportClause.elements : [];
}

function declaredNames(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
  }
  const isNamed = ts.isFunctionDeclaration(statement) || ts.isModuleDeclaration(statement);
  return isNamed && statement.name ? [statement.name.text] : [];
}

/** Whether a type in a statement is said by one of these names: outside of the namespace it would say another. */
function namesOneOf(node: ts.Node, names: ReadonlySet<string>): boolean {
  const named = ts.isTypeQueryNode(node) ? node.exprName : ts.isTypeReferenceNode(node) ? node.typeName : undefined;
  if (named) {
    let first = named;
    while (ts.isQualifiedName(first)) first = first.left;
    if (names.has(first.text)) return true;
  }
  return ts.forEachChild(node, (child) => namesOneOf(child, names)) ?? false;
}
