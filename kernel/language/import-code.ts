import ts from "typescript";

/** A function for code that imports a namespace: a CommonJS module's properties, and all of it as `default`. */
export const namespaceHelper = [
  "const namespace_1 = (m) => {",
  'if (m == null || (typeof m !== "object" && typeof m !== "function")) return { default: m };',
  'if (m.__esModule || m[Symbol.toStringTag] === "Module") return m;',
  "const n = {};",
  "for (const k of Object.keys(m)) {",
  "const d = Object.getOwnPropertyDescriptor(m, k);",
  // A getter may warn that it is deprecated: it is asked by those who use it, not by the import.
  "Object.defineProperty(n, k, d.get ? { enumerable: true, configurable: true, get: () => m[k] } : { enumerable: true, configurable: true, writable: true, value: d.value });",
  "}",
  "n.default = m;",
  "return n;",
  "};",
].join(" ");

/** The statements that do what an import declaration says; each name becomes a plain property, free to be assigned. */
export function importCode(
  { moduleSpecifier, importClause }: ts.ImportDeclaration,
  target: (name: string) => string,
  localPath: (specifier: string) => string | undefined,
): { readonly code: string; readonly usesNamespace: boolean } {
  const specifier = ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : "";
  const required = `require.import(${JSON.stringify(localPath(specifier) ?? specifier)})`;
  const { name, namedBindings } = importClause ?? {};
  const assignments: string[] = [];
  if (name) assignments.push(`${target(name.text)} = ${memberOf("m", "default")};`);
  const usesNamespace = namedBindings !== undefined && ts.isNamespaceImport(namedBindings);
  if (usesNamespace) assignments.push(`${target(namedBindings.name.text)} = namespace_1(m);`);
  else {
    for (const element of namedBindings?.elements ?? []) {
      const imported = (element.propertyName ?? element.name).text;
      assignments.push(`${target(element.name.text)} = ${memberOf("m", imported)};`);
    }
  }
  if (assignments.length === 0) return { code: `${required};`, usesNamespace };
  return { code: `{ const m = ${required}; ${assignments.join(" ")} }`, usesNamespace };
}

function memberOf(module: string, name: string): string {
  return name === "default"
    ? // A module that was CommonJS from the start is its own default.
      `(${module} != null && ${module}.__esModule ? ${module}.default : ${module})`
    : `${module}[${JSON.stringify(name)}]`;
}
