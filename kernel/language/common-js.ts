// Turns a cell, already JavaScript but still an ES module, into what the executor runs: code over `exports`
// and `require`. Every top-level variable lives on `exports` alone, so that later cells share it with the
// functions of this one, and giving it another value frees the old one.
import ts from "typescript";
import { importCode, namespaceHelper } from "./import-code.js";
import { bind, declaresLocal, localsOf } from "./internals.js";
import { type Edit, EditedText } from "./text-edits.js";

/** What the code of a cell refers to outside of itself. */
export interface CellScope {
  /** Whether an earlier cell declared `name` as a value. */
  readonly isEarlierValue: (name: string) => boolean;
  /** The absolute path of the local module that `specifier` means. */
  readonly localPath: (specifier: string) => string | undefined;
  /** The property that takes the value of the last expression. */
  readonly resultName: string;
}

/** A cell as CommonJS. */
export interface CommonJs {
  readonly edited: EditedText;
  /** Whether anything is left to run. */
  readonly isEmpty: boolean;
  readonly declares: readonly string[];
  readonly awaits: boolean;
}

const parseOptions: ts.CreateSourceFileOptions = {
  languageVersion: ts.ScriptTarget.ESNext,
  jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
};

/** Rewrites the JavaScript that TypeScript emitted for a cell. */
export function toCommonJs(javaScript: string, scope: CellScope): CommonJs {
  const file = ts.createSourceFile("cell.js", javaScript, parseOptions, true, ts.ScriptKind.JS);
  bind(file, { allowJs: true, target: ts.ScriptTarget.ESNext });
  return new Rewriter(file, scope).rewrite();
}

class Rewriter {
  private readonly file: ts.SourceFile;
  private readonly scope: CellScope;
  /** Names that this cell declares at its top and that live on `exports`. */
  private readonly own: ReadonlySet<string>;
  private readonly topLevel: ReadonlyMap<string, ts.Symbol>;
  private readonly edits: Edit[] = [];
  /** What has to happen before the first statement. */
  private readonly prologue: string[] = [];
  /** Names that the top level, outside of functions, has come across so far. */
  private readonly mentioned = new Set<string>();
  private readonly exports: string;
  private functionDepth = 0;
  private awaits = false;
  private needsNamespaceHelper = false;
  private needsImportMeta = false;

  constructor(file: ts.SourceFile, scope: CellScope) {
    this.file = file;
    this.scope = scope;
    this.topLevel = localsOf(file);
    this.own = exportedNames(file, this.topLevel);
    this.exports = shadowsExports(file) ? "exports_1" : "exports";
  }

  rewrite(): CommonJs {
    let left = 0;
    let afterCode = false;
    for (const statement of this.file.statements) {
      if (ts.isImportDeclaration(statement)) this.import(statement, afterCode);
      else if (ts.isExportDeclaration(statement)) this.exportDeclaration(statement);
      else {
        this.topLevelStatement(statement);
        if (!ts.isFunctionDeclaration(statement)) afterCode = true;
        left += 1;
      }
      if (ts.isImportDeclaration(statement) || isReExport(statement)) left += 1;
    }
    if (this.needsImportMeta) {
      this.prologue.unshift(
        'const importMeta_1 = { url: require("node:url").pathToFileURL(__filename).href, filename: __filename, dirname: __dirname, resolve: require.resolveUrl };',
      );
    }
    if (this.needsNamespaceHelper) this.prologue.unshift(namespaceHelper);
    if (this.exports !== "exports") this.prologue.unshift(`const ${this.exports} = exports;`);
    const edits =
      this.prologue.length === 0 ? this.edits : [insertion(0, `${this.prologue.join(" ")} `), ...this.edits];
    return {
      edited: new EditedText(this.file.text, edits),
      isEmpty: left === 0,
      declares: [...this.own],
      awaits: this.awaits,
    };
  }

  private import(statement: ts.ImportDeclaration, hoisted: boolean): void {
    const target = (name: string) => {
      if (this.own.has(name)) return this.property(name);
      // TypeScript's own, for JSX.
      this.prologue.push(`var ${name};`);
      return name;
    };
    const { code, usesNamespace } = importCode(statement, target, this.scope.localPath);
    if (usesNamespace) this.needsNamespaceHelper = true;
    // An import takes place before the code of its module, wherever it stands.
    if (hoisted) this.prologue.push(code);
    this.replace(statement, hoisted ? "" : code);
  }

  private exportDeclaration(statement: ts.ExportDeclaration): void {
    const { moduleSpecifier, exportClause } = statement;
    if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier)) {
      this.replace(statement, this.renamedExports(exportClause));
      return;
    }
    const specifier = JSON.stringify(this.scope.localPath(moduleSpecifier.text) ?? moduleSpecifier.text);
    const names = exportClause && ts.isNamedExports(exportClause) ? exportClause.elements : [];
    const assignments = names.map(
      ({ name, propertyName }) =>
        `${this.exports}[${JSON.stringify(name.text)}] = require.import(${specifier})[${JSON.stringify((propertyName ?? name).text)}];`,
    );
    this.replace(statement, [`require.import(${specifier});`, ...assignments].join(" "));
  }

  /** `export { a as b }`: as in a module, the other name is there too. */
  private renamedExports(clause: ts.NamedExportBindings | undefined): string {
    if (!clause || !ts.isNamedExports(clause)) return "";
    return clause.elements
      .flatMap(({ name, propertyName }) =>
        propertyName && propertyName.text !== name.text
          ? [`${this.exports}[${JSON.stringify(name.text)}] = ${this.property(propertyName.text)};`]
          : [],
      )
      .join(" ");
  }

  private topLevelStatement(statement: ts.Statement): void {
    this.declareVariables(statement);
    this.removeExportKeyword(statement);
    if (ts.isFunctionDeclaration(statement)) {
      const name = statement.name?.text;
      if (name !== undefined && this.own.has(name)) this.prologue.push(`${this.property(name)} = ${name};`);
      if (isDefaultExport(statement)) {
        if (name === undefined) this.insert(statement.getStart(this.file), `${this.exports}.default = `);
        else this.prologue.push(`${this.exports}.default = ${name};`);
      }
      this.visitChildren(statement);
      return;
    }
    if (ts.isClassDeclaration(statement)) {
      const name = statement.name?.text;
      const targets = [
        ...(name !== undefined && this.own.has(name) ? [`${this.property(name)} = `] : []),
        ...(isDefaultExport(statement) ? [`${this.exports}.default = `] : []),
      ];
      if (targets.length > 0) this.insert(statement.getStart(this.file), targets.join(""));
      this.visitChildren(statement);
      if (targets.length > 0) this.insert(statement.end, ";");
      return;
    }
    if (ts.isExportAssignment(statement)) {
      this.edits.push({
        start: statement.getStart(this.file),
        end: statement.expression.getStart(this.file),
        text: `${this.exports}.default = `,
      });
      this.visit(statement.expression);
      return;
    }
    this.visit(statement);
  }

  /**
   * A `var` that its statement may leave without a value is `undefined` from there, whatever an earlier cell put
   * under that name; not when this cell has used it already, for a `var` may follow its use.
   */
  private declareVariables(statement: ts.Statement): void {
    const names = new Set<string>();
    const collect = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
      if (ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.BlockScoped)) {
        const isDirect = node.parent === statement;
        for (const { name, initializer } of node.declarations) {
          if (isDirect && initializer) continue;
          for (const declared of namesIn(name)) if (this.own.has(declared)) names.add(declared);
        }
      }
      ts.forEachChild(node, collect);
    };
    collect(statement);
    const fresh = [...names].filter((name) => !this.mentioned.has(name));
    if (fresh.length === 0) return;
    this.insert(statement.getStart(this.file), fresh.map((name) => `${this.property(name)} = void 0; `).join(""));
    for (const name of fresh) this.mentioned.add(name);
  }

  private removeExportKeyword(statement: ts.Statement): void {
    if (!ts.canHaveModifiers(statement)) return;
    for (const modifier of ts.getModifiers(statement) ?? []) {
      if (modifier.kind === ts.SyntaxKind.ExportKeyword || modifier.kind === ts.SyntaxKind.DefaultKeyword) {
        this.edits.push({ start: modifier.getStart(this.file), end: modifier.end + 1, text: "" });
      }
    }
  }

  private visit(node: ts.Node): void {
    switch (node.kind) {
      case ts.SyntaxKind.Identifier:
        this.reference(node as ts.Identifier);
        return;
      case ts.SyntaxKind.VariableStatement:
      case ts.SyntaxKind.ForStatement:
      case ts.SyntaxKind.ForInStatement:
      case ts.SyntaxKind.ForOfStatement:
        this.variables(node as ts.VariableStatement | ts.ForStatement | ts.ForInOrOfStatement);
        return;
      case ts.SyntaxKind.BinaryExpression:
        this.assignment(node as ts.BinaryExpression);
        return;
      case ts.SyntaxKind.ShorthandPropertyAssignment:
        this.shorthand(node as ts.ShorthandPropertyAssignment);
        return;
      case ts.SyntaxKind.MetaProperty:
        this.metaProperty(node as ts.MetaProperty);
        return;
      case ts.SyntaxKind.CallExpression:
        this.call(node as ts.CallExpression);
        return;
      case ts.SyntaxKind.AwaitExpression:
        if (this.functionDepth === 0) this.awaits = true;
        break;
    }
    this.visitChildren(node);
  }

  private visitChildren(node: ts.Node): void {
    const entersFunction = ts.isFunctionLike(node) || ts.isPropertyDeclaration(node);
    if (entersFunction) this.functionDepth += 1;
    ts.forEachChild(node, (child) => {
      if (!isNameOnly(child, node)) this.visit(child);
    });
    if (entersFunction) this.functionDepth -= 1;
  }

  private reference(identifier: ts.Identifier): void {
    const name = identifier.text;
    if (this.functionDepth === 0) this.mentioned.add(name);
    if (!this.livesOnExports(identifier)) return;
    const { parent } = identifier;
    // Without a receiver: a function must not get the notebook's variables as its `this`.
    const isCalled =
      (ts.isCallExpression(parent) && parent.expression === identifier) ||
      (ts.isTaggedTemplateExpression(parent) && parent.tag === identifier);
    if (!isCalled) this.replace(identifier, this.property(name));
    else {
      // V8 puts a call of this form where its arguments begin; for a person it is where the function's name is.
      const place = { start: identifier.getStart(this.file), end: identifier.end, joinsNext: true };
      this.edits.push({ ...place, text: `(0, ${this.property(name)})` });
    }
  }

  private variables(node: ts.VariableStatement | ts.ForStatement | ts.ForInOrOfStatement): void {
    if (ts.isForOfStatement(node) && node.awaitModifier && this.functionDepth === 0) this.awaits = true;
    const list = ts.isVariableStatement(node) ? node.declarationList : node.initializer;
    if (!list || !ts.isVariableDeclarationList(list) || !this.declaresOwn(list)) {
      this.visitChildren(node);
      return;
    }
    const [first] = list.declarations;
    if (first) this.edits.push({ start: list.getStart(this.file), end: first.getStart(this.file), text: "" });
    const isLoopHead = ts.isForInStatement(node) || ts.isForOfStatement(node);
    for (const declaration of list.declarations) this.declarator(declaration, list, isLoopHead);
    ts.forEachChild(node, (child) => {
      if (child !== list) this.visit(child);
    });
  }

  private declarator(declaration: ts.VariableDeclaration, list: ts.VariableDeclarationList, isLoopHead: boolean): void {
    const { name, initializer } = declaration;
    if (ts.isIdentifier(name)) {
      const isOwn = this.isOwnHere(name);
      // A helper of TypeScript's in the same list keeps its own variable.
      if (!isOwn) this.prologue.push(`var ${name.text};`);
      const target = isOwn ? this.property(name.text) : name.text;
      if (!initializer) {
        // For a `var` nothing is to be done here: see `declareVariables`.
        const isReset = Boolean(list.flags & ts.NodeFlags.BlockScoped);
        this.replace(name, isLoopHead ? target : isReset ? `${target} = void 0` : "void 0");
        return;
      }
      this.replace(name, target);
      this.initializer(initializer, name.text);
      if (this.functionDepth === 0) this.mentioned.add(name.text);
      return;
    }
    const needsParentheses = ts.isObjectBindingPattern(name) && !isLoopHead;
    if (needsParentheses) this.insert(declaration.getStart(this.file), "(");
    this.pattern(name);
    if (initializer) this.visit(initializer);
    if (needsParentheses) this.insert(declaration.end, ")");
  }

  /** Turns the names of a binding pattern into targets of an assignment. */
  private pattern(pattern: ts.BindingPattern): void {
    for (const element of pattern.elements) {
      if (ts.isOmittedExpression(element)) continue;
      const { name, propertyName, initializer, dotDotDotToken } = element;
      if (propertyName && ts.isComputedPropertyName(propertyName)) this.visit(propertyName.expression);
      if (ts.isIdentifier(name)) {
        const isShorthand = ts.isObjectBindingPattern(pattern) && !propertyName && !dotDotDotToken;
        const target = this.isOwnHere(name) ? this.property(name.text) : name.text;
        this.replace(name, isShorthand ? `${name.text}: ${target}` : target);
        if (this.functionDepth === 0) this.mentioned.add(name.text);
        if (initializer) this.initializer(initializer, name.text);
      } else {
        this.pattern(name);
        if (initializer) this.visit(initializer);
      }
    }
  }

  private assignment(node: ts.BinaryExpression): void {
    const name = assignedName(node);
    if (name === undefined) {
      this.visitChildren(node);
      return;
    }
    this.visit(node.left);
    if (ts.isIdentifier(node.left) && !this.livesOnExports(node.left)) this.visit(node.right);
    else this.initializer(node.right, name);
  }

  /** `x = () => 1` names the function, `exports.x = () => 1` would not. */
  private initializer(initializer: ts.Expression, name: string): void {
    if (!isAnonymousFunction(initializer) || name === "__proto__") {
      this.visit(initializer);
      return;
    }
    this.insert(initializer.getStart(this.file), `{ ${name}: `);
    this.visit(initializer);
    this.insert(initializer.end, ` }.${name}`);
  }

  private shorthand(node: ts.ShorthandPropertyAssignment): void {
    const { name, objectAssignmentInitializer } = node;
    if (this.functionDepth === 0) this.mentioned.add(name.text);
    if (this.livesOnExports(name)) {
      this.replace(name, `${name.text}: ${this.property(name.text)}`);
      if (objectAssignmentInitializer) this.initializer(objectAssignmentInitializer, name.text);
    } else if (objectAssignmentInitializer) this.visit(objectAssignmentInitializer);
  }

  private metaProperty(node: ts.MetaProperty): void {
    if (node.keywordToken !== ts.SyntaxKind.ImportKeyword) return;
    this.needsImportMeta = true;
    this.replace(node, "importMeta_1");
  }

  private call(node: ts.CallExpression): void {
    const [argument] = node.arguments;
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword && argument && ts.isStringLiteralLike(argument)) {
      const path = this.scope.localPath(argument.text);
      if (path !== undefined) {
        this.replace(argument, JSON.stringify(path));
        return;
      }
    }
    this.visitChildren(node);
  }

  /** Whether an identifier means a variable of the notebook, of this cell or of an earlier one. */
  private livesOnExports(identifier: ts.Identifier): boolean {
    const name = identifier.text;
    const isOwn = this.own.has(name);
    if (!isOwn && name !== this.scope.resultName) {
      if (this.topLevel.has(name) || !this.scope.isEarlierValue(name)) return false;
    }
    return !this.isShadowed(identifier);
  }

  private isOwnHere(name: ts.Identifier): boolean {
    return this.own.has(name.text) && !this.isShadowed(name);
  }

  private isShadowed(identifier: ts.Identifier): boolean {
    const name = identifier.text;
    for (let at: ts.Node = identifier.parent; at !== this.file; at = at.parent) {
      if (declaresLocal(at, name)) return true;
      // The name of a function expression or of a class is known inside of it.
      if ((ts.isFunctionExpression(at) || ts.isClassLike(at)) && at.name !== identifier && at.name?.text === name) {
        return true;
      }
    }
    return false;
  }

  private declaresOwn(list: ts.VariableDeclarationList): boolean {
    // `let` and `const` of a block or of a loop's head are no names of the top level, even when they look the same.
    if (list.flags & ts.NodeFlags.BlockScoped && list.parent.parent !== this.file) return false;
    if (list.flags & ts.NodeFlags.BlockScoped && !ts.isVariableStatement(list.parent)) return false;
    return list.declarations.some(({ name }) => identifiersIn(name).some((identifier) => this.isOwnHere(identifier)));
  }

  private property(name: string): string {
    return `${this.exports}.${name}`;
  }

  private replace(node: ts.Node, text: string): void {
    this.edits.push({ start: node.getStart(this.file), end: node.end, text });
  }

  private insert(at: number, text: string): void {
    this.edits.push(insertion(at, text));
  }
}

/** The names in the `export` clauses and `export` declarations of a file that the file itself declares. */
function exportedNames(file: ts.SourceFile, declared: ReadonlyMap<string, ts.Symbol>): Set<string> {
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier) {
      if (!statement.exportClause || !ts.isNamedExports(statement.exportClause)) continue;
      for (const { name, propertyName } of statement.exportClause.elements) names.add((propertyName ?? name).text);
    } else if (hasExportKeyword(statement)) {
      for (const name of declaredNames(statement)) names.add(name);
    }
  }
  // What is only declared (`declare const x`) is a global of Node's, not a variable of the notebook.
  for (const name of names) if (!declared.has(name)) names.delete(name);
  return names;
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => namesIn(name));
  if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name) {
    return [statement.name.text];
  }
  return [];
}

function namesIn(name: ts.BindingName): string[] {
  return identifiersIn(name).map(({ text }) => text);
}

function identifiersIn(name: ts.BindingName): ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : identifiersIn(element.name)));
}

function hasExportKeyword(statement: ts.Statement): boolean {
  return ts.canHaveModifiers(statement) && hasModifier(statement, ts.SyntaxKind.ExportKeyword);
}

function isDefaultExport(statement: ts.FunctionDeclaration | ts.ClassDeclaration): boolean {
  return hasModifier(statement, ts.SyntaxKind.DefaultKeyword);
}

function hasModifier(node: ts.HasModifiers, kind: ts.SyntaxKind): boolean {
  return ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false;
}

function isReExport(statement: ts.Statement): boolean {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
}

/** Whether a scope inside of the cell has an `exports` of its own. */
function shadowsExports(file: ts.SourceFile): boolean {
  if (!/\bexports\b/.test(file.text)) return false;
  const shadows = (node: ts.Node): boolean =>
    declaresLocal(node, "exports") || (ts.forEachChild(node, shadows) ?? false);
  return shadows(file);
}

/** Whether an identifier under `parent` is a label, a member's name or a declared name: nothing that is looked up. */
function isNameOnly(child: ts.Node, parent: ts.Node): boolean {
  if (!ts.isIdentifier(child)) return false;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === child;
  if (ts.isBindingElement(parent)) return parent.propertyName === child || parent.name === child;
  if (ts.isPropertyAssignment(parent)) return parent.name === child;
  if (
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isClassLike(parent) ||
    ts.isFunctionLike(parent)
  ) {
    return parent.name === child;
  }
  return ts.isLabeledStatement(parent) ? parent.label === child : ts.isBreakOrContinueStatement(parent);
}

/** The name under which an assignment makes an anonymous function known: that of its plain target. */
function assignedName({ left, operatorToken, right }: ts.BinaryExpression): string | undefined {
  const assigns =
    operatorToken.kind === ts.SyntaxKind.EqualsToken ||
    operatorToken.kind === ts.SyntaxKind.QuestionQuestionEqualsToken ||
    operatorToken.kind === ts.SyntaxKind.BarBarEqualsToken ||
    operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandEqualsToken;
  return assigns && ts.isIdentifier(left) && isAnonymousFunction(right) ? left.text : undefined;
}

function isAnonymousFunction(expression: ts.Expression): boolean {
  let inner = expression;
  while (ts.isParenthesizedExpression(inner)) inner = inner.expression;
  return ts.isArrowFunction(inner) || ((ts.isFunctionExpression(inner) || ts.isClassExpression(inner)) && !inner.name);
}

function insertion(at: number, text: string): Edit {
  return { start: at, end: at, text };
}
