/** What is wrong with a JSON text, for people: "line 3, column 7: expected a value, got }". V8 does not always say where. */
export function describeJsonError(text: string): string {
  const { position, expected } = findJsonError(text);
  const before = text.slice(0, position).split("\n");
  const got = position >= text.length ? "the end of the file" : JSON.stringify(text.slice(position, position + 12));
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}: expected ${expected}, got ${got}`;
}

type Expected = "a value" | "a value or ]" | "a key" | "a key or }" | ":" | ", or }" | ", or ]" | "nothing more";

/** Walks through the tokens until one stands where it may not. */
function findJsonError(text: string): { readonly position: number; readonly expected: Expected } {
  const token = /([{}[\],:])|"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|[-\w.+]+/y;
  const space = /[ \t\r\n]*/y;
  const open: string[] = [];
  let expected: Expected = "a value";
  let position = 0;
  const afterValue = (): Expected => {
    const innermost = open.at(-1);
    return innermost === undefined ? "nothing more" : innermost === "{" ? ", or }" : ", or ]";
  };
  while (true) {
    space.lastIndex = position;
    space.exec(text);
    position = space.lastIndex;
    token.lastIndex = position;
    const word = token.exec(text)?.[0] ?? "";
    const kind = word.startsWith('"') ? "string" : scalar.test(word) ? "scalar" : word;
    const isValue = expected === "a value" || expected === "a value or ]";
    if (isValue && (kind === "string" || kind === "scalar")) expected = afterValue();
    else if (isValue && (kind === "{" || kind === "[")) {
      open.push(kind);
      expected = kind === "{" ? "a key or }" : "a value or ]";
    } else if (kind === "string" && (expected === "a key" || expected === "a key or }")) expected = ":";
    else if (kind === ":" && expected === ":") expected = "a value";
    else if (kind === "," && expected === ", or }") expected = "a key";
    else if (kind === "," && expected === ", or ]") expected = "a value";
    else if ((kind === "}" || kind === "]") && expected.endsWith(kind)) {
      open.pop();
      expected = afterValue();
    } else return { position, expected };
    position = token.lastIndex;
  }
}

const scalar = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)$/;
