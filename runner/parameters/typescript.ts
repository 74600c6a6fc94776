// The parameters of a TypeScript or JavaScript notebook: found in its parameters cell, and written as code.
import type TypeScript from "typescript";
import { RunnerError } from "../errors.js";
import type { DeclaredParameter, ParameterLanguage } from "./language.js";

/** Parameters as TypeScript: each with the type that the parameters cell gives it, so that a wrong value is a type error. */
export const typescriptParameters: ParameterLanguage = {
  comment: "//",
  async findDeclared(source) {
    // Only a run with parameters waits for the compiler.
    const { default: ts } = await import("typescript");
    const file = ts.createSourceFile("parameters.ts", source, ts.ScriptTarget.Latest, true);
    return file.statements.filter(ts.isVariableStatement).flatMap((statement) =>
      statement.declarationList.declarations.flatMap((declaration): DeclaredParameter[] => {
        if (!ts.isIdentifier(declaration.name)) return [];
        const { type, initializer } = declaration;
        const literal = initializer && readLiteral(ts, initializer);
        return [
          {
            name: declaration.name.text,
            ...(type && { type: type.getText(file) }),
            ...(literal && { value: literal.value }),
          },
        ];
      }),
    );
  },
  formatAssignment(name, value, type) {
    return `let ${name}${type === undefined ? "" : `: ${type}`} = ${formatValue(name, value)};`;
  },
};

/** The same without types. */
export const javascriptParameters: ParameterLanguage = {
  ...typescriptParameters,
  formatAssignment: (name, value) => `let ${name} = ${formatValue(name, value)};`,
};

function formatValue(name: string, value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Date) return `new Date(${JSON.stringify(value.toISOString())})`;
  if (typeof value === "bigint") return `${value}n`;
  const text = JSON.stringify(value, null, 2);
  if (text === undefined) throw new RunnerError(`The parameter ${name} has a value that cannot be written: ${value}.`);
  // Both end a line in code, though not in JSON (ECMA-262, 12.3).
  return text.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** The value of a literal, for the record of the defaults; nothing for code that would have to be run. */
function readLiteral(ts: typeof TypeScript, node: TypeScript.Expression): { readonly value: unknown } | undefined {
  if (ts.isStringLiteralLike(node)) return { value: node.text };
  if (ts.isNumericLiteral(node)) return { value: Number(node.text) };
  if (node.kind === ts.SyntaxKind.TrueKeyword) return { value: true };
  if (node.kind === ts.SyntaxKind.FalseKeyword) return { value: false };
  if (node.kind === ts.SyntaxKind.NullKeyword) return { value: null };
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const operand = readLiteral(ts, node.operand);
    return typeof operand?.value === "number" ? { value: -operand.value } : undefined;
  }
  if (ts.isArrayLiteralExpression(node)) {
    const items = node.elements.map((element) => readLiteral(ts, element));
    return items.every((item) => item !== undefined) ? { value: items.map((item) => item.value) } : undefined;
  }
  return undefined;
}
