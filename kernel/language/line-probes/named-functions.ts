import ts from "typescript";

/** The functions of a file that go by one of `names`, outermost first; what is inside of one of them is not looked at. */
export function findFunctions(
  file: ts.SourceFile,
  names: readonly string[],
): readonly (readonly [name: string, node: ts.FunctionLikeDeclaration])[] {
  const wanted = new Set(names);
  const found: (readonly [string, ts.FunctionLikeDeclaration])[] = [];
  const visit = (node: ts.Node): void => {
    const own = isWithBody(node) ? namesOf(node).find((name) => wanted.has(name)) : undefined;
    if (own !== undefined && isWithBody(node)) found.push([own, node]);
    else ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The function that V8 has begin at `offset`: with its parameters, or with what stands before them. */
export function functionAt(
  file: ts.SourceFile,
  offset: number,
): { readonly name: string; readonly node: ts.FunctionLikeDeclaration } | undefined {
  let found: ts.FunctionLikeDeclaration | undefined;
  const visit = (node: ts.Node): void => {
    if (offset < node.pos || offset >= node.end) return;
    if (isWithBody(node) && offset >= node.getStart(file) && offset <= bodyOf(node).getStart(file)) found = node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found && { name: namesOf(found).at(-1) ?? ownName(found) ?? "(anonymous)", node: found };
}

/** Whoever asks has seen that there is one. */
function bodyOf(node: ts.FunctionLikeDeclaration): ts.Node {
  return "body" in node && node.body !== undefined ? node.body : node;
}

function isWithBody(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

/** What a person may call a function: by its own name, or with that of its class or object before it. */
function namesOf(node: ts.FunctionLikeDeclaration): readonly string[] {
  const own = ownName(node);
  if (own === undefined) return [];
  const holder = holderName(node);
  // A method alone could be that of any class.
  if (isMember(node)) return holder === undefined ? [] : [`${holder}.${own}`];
  return holder === undefined ? [own] : [own, `${holder}.${own}`];
}

function isMember(node: ts.Node): boolean {
  return ts.isClassElement(node) || ts.isPropertyDeclaration(node.parent);
}

/** The name that a function goes by: its own, or that of what it is given to. */
export function ownName(node: ts.FunctionLikeDeclaration): string | undefined {
  if (ts.isConstructorDeclaration(node)) return "constructor";
  if (node.name !== undefined) return textOf(node.name);
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) {
    return textOf(parent.name);
  }
  if (!ts.isBinaryExpression(parent) || parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return undefined;
  const { left } = parent;
  if (ts.isIdentifier(left)) return left.text;
  return ts.isPropertyAccessExpression(left) ? left.name.text : undefined;
}

/** The name of the class or object literal that a function is a part of. */
function holderName(node: ts.Node): string | undefined {
  const holder = ts.findAncestor(
    node.parent,
    (each) => ts.isClassLike(each) || ts.isObjectLiteralExpression(each) || ts.isFunctionLike(each),
  );
  if (holder === undefined || ts.isFunctionLike(holder)) return undefined;
  if (ts.isClassLike(holder) && holder.name) return holder.name.text;
  const { parent } = holder;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return textOf(parent.name);
  if (ts.isBinaryExpression(parent) && ts.isPropertyAccessExpression(parent.left)) return parent.left.name.text;
  return undefined;
}

function textOf(name: ts.Node): string | undefined {
  if (ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isPrivateIdentifier(name)) return name.text;
  return undefined;
}
