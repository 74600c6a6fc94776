// What can be told from the text of an expression alone: whether it may take memory. Reading the memory costs a call,
// which a hot loop of arithmetic must not have.
import ts from "typescript";

/** Methods that answer a question and return what was there already, whatever they are called on. */
const lightMethods = new Set([
  ...["at", "charAt", "charCodeAt", "codePointAt", "endsWith", "has", "hasOwn", "includes", "indexOf", "isArray"],
  ...["isFinite", "isInteger", "isNaN", "lastIndexOf", "localeCompare", "peek", "startsWith", "test"],
]);

/** Methods of a collection that return what was put into it; on anything else they may do anything. */
const getter = "get";

/** Whether running `node` may allocate more than a number; what is inside of functions runs later. */
export function mayAllocate(node: ts.Node): boolean {
  if (ts.isFunctionDeclaration(node)) return false;
  if (ts.isFunctionLike(node)) return true;
  if (ts.isCallExpression(node)) return !isLightCall(node) || node.arguments.some(mayAllocate);
  if (ts.isBinaryExpression(node) && isText(node)) return true;
  if (allocatingKinds.has(node.kind)) return true;
  return ts.forEachChild(node, mayAllocate) ?? false;
}

/** How what a statement takes differs from one run to the next. */
export const variations = {
  /** Literals: each run takes as much as the one before. */
  none: 0,
  /** Calls and texts: it depends on what they are given. */
  some: 1,
  /** It adds to an array, which now and then makes room for many more. */
  array: 2,
  /** The same, to a table of hashes. */
  table: 3,
} as const;

/** One of `variations`, as far as it can be told from the text; what is inside of functions runs later. */
export function variationOf(node: ts.Node): number {
  if (ts.isFunctionLike(node)) return variations.none;
  let most = ownVariation(node);
  ts.forEachChild(node, (child) => {
    most = Math.max(most, variationOf(child));
  });
  return most;
}

/** Whether running `node` may leave it for other code: a call, or what may call, which ends a straight run of lines. */
export function mayCall(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return true;
  if (callingKinds.has(node.kind)) return true;
  return ts.forEachChild(node, mayCall) ?? false;
}

const allocatingKinds: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.NewExpression,
  ts.SyntaxKind.ObjectLiteralExpression,
  ts.SyntaxKind.ArrayLiteralExpression,
  ts.SyntaxKind.TemplateExpression,
  ts.SyntaxKind.TaggedTemplateExpression,
  ts.SyntaxKind.RegularExpressionLiteral,
  ts.SyntaxKind.ClassExpression,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.AwaitExpression,
  ts.SyntaxKind.YieldExpression,
  ts.SyntaxKind.BigIntLiteral,
  ts.SyntaxKind.ObjectBindingPattern,
  ts.SyntaxKind.ArrayBindingPattern,
]);

const callingKinds: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.CallExpression,
  ts.SyntaxKind.NewExpression,
  ts.SyntaxKind.TaggedTemplateExpression,
  ts.SyntaxKind.AwaitExpression,
  ts.SyntaxKind.YieldExpression,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.ClassExpression,
]);

const varyingKinds: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.NewExpression,
  ts.SyntaxKind.TemplateExpression,
  ts.SyntaxKind.TaggedTemplateExpression,
  ts.SyntaxKind.SpreadElement,
  ts.SyntaxKind.SpreadAssignment,
  ts.SyntaxKind.ClassExpression,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.AwaitExpression,
  ts.SyntaxKind.YieldExpression,
  ts.SyntaxKind.ObjectBindingPattern,
  ts.SyntaxKind.ArrayBindingPattern,
]);

/** Methods that add to what they are called on, and to what that is. */
const addingMethods: ReadonlyMap<string, number> = new Map([
  ...["append", "enqueue", "insert", "push", "splice", "unshift"].map((name) => [name, variations.array] as const),
  ...["add", "set"].map((name) => [name, variations.table] as const),
]);

function ownVariation(node: ts.Node): number {
  if (ts.isCallExpression(node)) {
    if (isLightCall(node)) return variations.none;
    const { expression } = node;
    if (!ts.isPropertyAccessExpression(expression)) return variations.some;
    return addingMethods.get(expression.name.text) ?? variations.some;
  }
  if (ts.isBinaryExpression(node)) {
    const isStore = node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isElementAccessExpression(node.left);
    if (isStore) return variations.array;
    return isText(node) ? variations.some : variations.none;
  }
  return varyingKinds.has(node.kind) ? variations.some : variations.none;
}

function isLightCall({ expression }: ts.CallExpression): boolean {
  if (!ts.isPropertyAccessExpression(expression)) return false;
  if (ts.isIdentifier(expression.expression) && expression.expression.text === "Math") return true;
  const name = expression.name.text;
  return (lightMethods.has(name) || name === getter) && !mayAllocate(expression.expression);
}

/** A `+` with a text at one of its ends. */
function isText({ left, operatorToken, right }: ts.BinaryExpression): boolean {
  const { kind } = operatorToken;
  if (kind !== ts.SyntaxKind.PlusToken && kind !== ts.SyntaxKind.PlusEqualsToken) return false;
  return isTextLiteral(left) || isTextLiteral(right);
}

function isTextLiteral(node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node)) return isTextLiteral(node.expression);
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}
