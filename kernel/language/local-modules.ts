// Local files that a cell imports: compiled to CommonJS, because Node runs neither TypeScript nor a changed file.
import remapping from "@jridgewell/remapping";
import ts from "typescript";
import { resolvedImports } from "./internals.js";

/** JavaScript of a local file, or the text of a JSON file. */
export interface LocalModule {
  readonly path: string;
  readonly code: string;
  readonly sourceMap?: string;
}

/** The specifiers that mean local files which are compiled, with their paths. */
export function localImports(imports: ReadonlyMap<string, ts.ResolvedModuleFull>): Map<string, string> {
  const local = new Map<string, string>();
  for (const [specifier, { resolvedFileName, isExternalLibraryImport }] of imports) {
    if (isExternalLibraryImport || resolvedFileName.includes("/node_modules/")) continue;
    // Only types stand there; the JavaScript beside it is Node's to load.
    if (/\.d\.[cm]?ts$/.test(resolvedFileName)) continue;
    local.set(specifier, resolvedFileName);
  }
  return local;
}

/** The local files that `source` reaches by its imports, without itself. */
export function localFilesOf(program: ts.Program, source: ts.SourceFile): ts.SourceFile[] {
  const found = new Map<string, ts.SourceFile>();
  const visit = (file: ts.SourceFile): void => {
    for (const path of localImports(resolvedImports(program, file)).values()) {
      const imported = program.getSourceFile(path);
      if (!imported || found.has(path)) continue;
      found.set(path, imported);
      visit(imported);
    }
  };
  visit(source);
  return [...found.values()];
}

/** Compiles every local file that `source` reaches. */
export function compileLocalModules(program: ts.Program, source: ts.SourceFile): LocalModule[] {
  return localFilesOf(program, source).map((file) => compile(program, file));
}

/** Where a file awaits at its top, which keeps it from being loaded by `require`. */
export function findTopLevelAwait(file: ts.SourceFile): ts.Node | undefined {
  if (!file.text.includes("await")) return undefined;
  const find = (node: ts.Node): ts.Node | undefined => {
    if (ts.isFunctionLike(node) || ts.isPropertyDeclaration(node)) return undefined;
    if (ts.isAwaitExpression(node)) return node;
    if (ts.isForOfStatement(node) && node.awaitModifier) return node.awaitModifier;
    const awaitsUsing = (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing;
    if (ts.isVariableDeclarationList(node) && awaitsUsing) return node;
    return ts.forEachChild(node, find);
  };
  return find(file);
}

function compile(program: ts.Program, file: ts.SourceFile): LocalModule {
  const path = file.fileName;
  if (path.endsWith(".json")) return { path, code: file.text };
  const isJavaScript = /\.[cm]?jsx?$/.test(path);
  if (isJavaScript && !ts.isExternalModule(file)) return { path, code: file.text };
  const local = localImports(resolvedImports(program, file));
  const options = program.getCompilerOptions();
  // JavaScript is taken as it is: its types decide nothing about what is emitted.
  const javaScript = isJavaScript ? { code: file.text, sourceMap: undefined } : emitJavaScript(program, file);
  const { outputText, sourceMapText } = ts.transpileModule(javaScript.code, {
    fileName: path.replace(/\.[cm]?tsx?$|\.[cm]js$/, ".js"),
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      moduleDetection: ts.ModuleDetectionKind.Force,
      esModuleInterop: true,
      allowJs: true,
      target: options.target ?? ts.ScriptTarget.Latest,
      newLine: ts.NewLineKind.LineFeed,
      ...(options.jsx !== undefined && { jsx: options.jsx }),
      sourceMap: true,
      ignoreDeprecations: "6.0",
    },
    transformers: { before: [(context) => rewriteModuleSyntax(local, context)] },
  });
  const code = outputText
    .replace(/\/\/# sourceMappingURL=.*\n?$/, "")
    // What it imports is resolved as an import, like what cells import: a package may be there twice.
    .replace(/^"use strict";\n/, '"use strict"; require = require.import;\n');
  return { path, code, sourceMap: composeMaps(sourceMapText ?? "", javaScript.sourceMap, path) };
}

function emitJavaScript(
  program: ts.Program,
  file: ts.SourceFile,
): { readonly code: string; readonly sourceMap: string } {
  let code = "";
  let sourceMap = "";
  program.emit(file, (fileName, text) => {
    if (fileName.endsWith(".map")) sourceMap = text;
    else if (/\.[cm]?jsx?$/.test(fileName)) code = text;
  });
  return { code: code.replace(/\/\/# sourceMappingURL=.*\n?$/, ""), sourceMap };
}

function composeMaps(commonJs: string, javaScript: string | undefined, path: string): string {
  const layers = javaScript === undefined ? [commonJs] : [commonJs, javaScript];
  const map = remapping(layers, () => null, { excludeContent: true });
  return JSON.stringify({ version: 3, names: [], mappings: map.mappings, sources: [path] });
}

/**
 * Local specifiers become absolute paths, by which the executor knows the modules. `import()` and `import.meta`
 * are put in as plain text, so that the compiler leaves them alone: `import()` stays one, and what CommonJS has
 * in place of `import.meta` is written down.
 */
function rewriteModuleSyntax(local: ReadonlyMap<string, string>, context: ts.TransformationContext) {
  const { factory } = context;
  const rewritten = <T extends ts.Node>(node: T | undefined): ts.Expression | undefined => {
    const path = node && ts.isStringLiteralLike(node) ? local.get(node.text) : undefined;
    return path === undefined ? undefined : factory.createStringLiteral(path);
  };
  const visit = (node: ts.Node): ts.Node => {
    if (ts.isImportDeclaration(node)) {
      const specifier = rewritten(node.moduleSpecifier) ?? node.moduleSpecifier;
      return factory.updateImportDeclaration(node, node.modifiers, node.importClause, specifier, undefined);
    }
    if (ts.isExportDeclaration(node)) {
      const specifier = rewritten(node.moduleSpecifier) ?? node.moduleSpecifier;
      return factory.updateExportDeclaration(
        node,
        node.modifiers,
        node.isTypeOnly,
        node.exportClause,
        specifier,
        undefined,
      );
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [first, ...rest] = node.arguments;
      const specifier = rewritten(first) ?? (first && (ts.visitNode(first, visit) as ts.Expression));
      const args = [...(specifier ? [specifier] : []), ...rest];
      return factory.updateCallExpression(node, factory.createIdentifier("import"), undefined, args);
    }
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
      return factory.createIdentifier(
        '({ url: require("node:url").pathToFileURL(__filename).href, filename: __filename, dirname: __dirname, resolve: require.resolveUrl })',
      );
    }
    return ts.visitEachChild(node, visit, context);
  };
  return (file: ts.SourceFile): ts.SourceFile => ts.visitEachChild(file, visit, context);
}
