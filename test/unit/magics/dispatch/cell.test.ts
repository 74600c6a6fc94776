// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the cells are texts, and templates are what they are about.
import { describe, expect, test } from "vitest";
import { codeOf, type Part, parseCell, textOf } from "../../../../magics/dispatch/cell.js";

const names = ["sysinfo", "memprofile", "lsmagic", "time", "sh"];

/** The parts of a cell, each in a line: `code 'x'`, `%time 'x'`, `!'ls'`, `help x`, `nested %time`. */
function partsOf(source: string): readonly string[] {
  return (parseCell(source, (name) => names.includes(name)) ?? []).map((part) => describePart(source, part));
}

function describePart(source: string, part: Part): string {
  switch (part.kind) {
    case "code":
      return `code '${source.slice(part.start, part.end).trim()}'`;
    case "magic": {
      const rest = source.slice(part.nameEnd, part.lineEnd).trim();
      const under = part.form === "cell" ? `: '${source.slice(part.lineEnd, part.end).trim()}'` : "";
      return `${part.form === "cell" ? "%%" : "%"}${part.name}${rest === "" ? "" : ` '${rest}'`}${under}`;
    }
    case "shell":
      return `!'${source.slice(part.commandStart, part.end).trim()}'`;
    case "help":
      return `help ${part.ofMagic ? "%" : ""}${part.target}${part.detailLevel === 1 ? " in detail" : ""}`;
    case "misplaced":
      return `${part.reason} ${part.spelling}`;
  }
}

describe("a cell is TypeScript alone", () => {
  test.each([
    ["an empty cell", ""],
    ["a comment", "// %%\n// of 100% certain"],
    ["code without a magic", "const a = 1;\nconsole.log(a)"],
    ["a remainder at the start of a line", "a\n% b"],
    ["a remainder without a blank", "a\n%b"],
    ["a remainder by something called like a magic, set apart", "total\n% time"],
    ["a remainder by something called like a magic, indented", "const rest = total\n  %time"],
    ["a remainder after a call", "f(x)\n%b"],
    ["a remainder after brackets", "a[0]\n%b"],
    ["a remainder after a template", "`1`\n%b"],
    ["a remainder after an object", "const x = {}\n%b"],
    ["a remainder in parentheses", "f(\n  a\n  %time\n)"],
    ["a remainder in a block", "{\n  const r = a\n    %time\n}"],
    ["a remainder that is assigned", "a\n%= 3"],
    ["a percent sign after an equals sign", "const x =\n%b"],
    ["a magic after an equals sign", "const x =\n%time"],
    ["a magic after an operator", "1 +\n%time"],
    ["a magic after a comma", "const a = 1,\n%time"],
    ["a magic after an arrow", "const f = () =>\n%time"],
    ["a magic in a template", "const s = `\n%time\n!ls\n%%sh\n`;"],
    ["a magic in a template within a template", "const s = `${[`\n%time\n`].map((x) => `\n${x}\n!ls`)}\n%time`;"],
    ["a magic in the braces of a template", "const s = `${\n{ a: 1 }.a\n%time\n}`;"],
    ["a magic in a comment", "/*\n%time\n!ls\n*/"],
    ["a magic in a comment after code", "f(); /* open\n%time\n*/"],
    ["a magic in JSX text", "const e = <div>\n%time don't {`\n%time`}\n!ls</div>;"],
    ["a magic in JSX within JSX", "show(<>\n<p title='\n%time'>\n%time</p>\n%time</>)"],
    ["a magic in JSX braces", "<ul>{rows.map((row) =>\n<li>{row}\n%time</li>)}</ul>"],
    ["a magic in a continued string", "const s = 'a\\\n%time';"],
    ["a comment that names no magic", "//% of all\nf()"],
    ["a cell of the percent format", "// %% a cell\nf()"],
    ["three percent signs", "%%%time"],
    ["a percent sign and a blank", "% time"],
    ["a negation that is indented", " !ready && start()"],
    ["a negation in a block", "if (a) {\n!b && c()\n}"],
    ["a negation that goes on with an expression", "a &&\n!b"],
    ["an inequality at the start of a line", "a\n!== b"],
    ["an inequality with a blank", "a\n!= b"],
    ["a truth", "!!process.env.CI"],
    ["a negation after a comparison", "a >\n!b"],
    ["a negation in a type that goes on", "const x = [\n!a,\n!b]"],
    ["a conditional over three lines", "ready?\n1 :\n2"],
    ["a conditional that begins with its sign", "ready\n?a\n:b"],
    ["a conditional after a comment", "ready? // or not\n1 : 2"],
    ["an optional property", "interface A {\n  name?\n}"],
    ["an optional property at the margin", "interface A {\nname?\n}"],
    ["optional parameters", "function f(\na?\n) {}"],
    ["a magic under an operator after a line comment", "const x = 1 + // one\n%time"],
    ["an unknown magic under a condition", "if (a)\n%nosuch"],
  ])("%s: %j", (_, source) => {
    expect(partsOf(source)).toEqual([]);
  });
});

describe("a magic is a line of its own", () => {
  test.each([
    ["%sysinfo", ["%sysinfo"]],
    ["  %sysinfo", ["%sysinfo"]],
    ["\t%sysinfo --json", ["%sysinfo '--json'"]],
    ["\n\n%sysinfo\n\n", ["%sysinfo"]],
    ["%sysinfo\r\nconst a = 1\r\n%time a\r\n", ["%sysinfo", "code 'const a = 1'", "%time 'a'"]],
    ["%nosuch -x", ["%nosuch '-x'"]],
    ["f();\n%nosuch", ["code 'f();'", "%nosuch"]],
    ["const a = 1\n%sysinfo", ["code 'const a = 1'", "%sysinfo"]],
    ["f()\n%sysinfo --json", ["code 'f()'", "%sysinfo '--json'"]],
    ["  f()\n  %sysinfo", ["code 'f()'", "%sysinfo"]],
    ["let x: Map<string, number>\n%time x", ["code 'let x: Map<string, number>'", "%time 'x'"]],
    ["const a = [1] as const\n%time", ["code 'const a = [1] as const'", "%time"]],
    ["type F = () => void\n%time", ["code 'type F = () => void'", "%time"]],
    ["function f() {}\n%nosuch", ["code 'function f() {}'", "%nosuch"]],
    ["const f = () => {\n}\n%time f()", ["code 'const f = () => {\n}'", "%time 'f()'"]],
    ["class A extends B<C> {}\n%nosuch", ["code 'class A extends B<C> {}'", "%nosuch"]],
    ["if (a) {}\n%nosuch", ["code 'if (a) {}'", "%nosuch"]],
    ["if (a) {} else {}\n%nosuch", ["code 'if (a) {} else {}'", "%nosuch"]],
    ["try {} catch {} finally {}\n%nosuch", ["code 'try {} catch {} finally {}'", "%nosuch"]],
    ["do {} while (a)\n%nosuch", ["code 'do {} while (a)'", "%nosuch"]],
    ["i++\n%time", ["code 'i++'", "%time"]],
    ["value!\n%time", ["code 'value!'", "%time"]],
    ["import a from 'a'\n%time", ["code 'import a from 'a''", "%time"]],
    ["export { a }\n%time", ["code 'export { a }'", "%time"]],
    ["type A = { b: 1 }\n%time", ["code 'type A = { b: 1 }'", "%time"]],
    ["x = /[/`]/\n%time", ["code 'x = /[/`]/'", "%time"]],
    ["x = a / b / c\n%time", ["code 'x = a / b / c'", "%time"]],
    ["if (x) /'/.test(x);\n%time", ["code 'if (x) /'/.test(x);'", "%time"]],
    ["x = f(a) / 2; y = `'`\n%time", ["code 'x = f(a) / 2; y = `'`'", "%time"]],
    [
      "for (const m of /'/g[Symbol.split]('')) {}\n%time",
      ["code 'for (const m of /'/g[Symbol.split]('')) {}'", "%time"],
    ],
    ["for await (const a of b) {}\n%nosuch", ["code 'for await (const a of b) {}'", "%nosuch"]],
    ["const f = <T>(x: T) => x\n%time f(1)", ["code 'const f = <T>(x: T) => x'", "%time 'f(1)'"]],
    ["const f = <T,>(x: T) => x;\n<b>it's</b>\n%time", ["code 'const f = <T,>(x: T) => x;\n<b>it's</b>'", "%time"]],
    ["<p>it's</p>\n%time", ["code '<p>it's</p>'", "%time"]],
    ["<a.b c={'}'} d='>' />\n%time", ["code '<a.b c={'}'} d='>' />'", "%time"]],
    ["a.return\n%time", ["code 'a.return'", "%time"]],
    ["s = `a${`b${'`'}`}c`\n%time", ["code 's = `a${`b${'`'}`}c`'", "%time"]],
    ["s = 'it\\'s'\n%time", ["code 's = 'it\\'s''", "%time"]],
    ["// note\n%time", ["%time"]],
    ["f() // it's\n%time", ["code 'f() // it's'", "%time"]],
    ["a = 0.5.toFixed()\n%time", ["code 'a = 0.5.toFixed()'", "%time"]],
    ["[...a]\n%time", ["code '[...a]'", "%time"]],
    ["%time a\n%sysinfo\n%time b", ["%time 'a'", "%sysinfo", "%time 'b'"]],
    ["%time f(`\na()", ["%time 'f(`'", "code 'a()'"]],
    ["%time f(\\\n  1)\ng()", ["%time 'f(\\\n  1)'", "code 'g()'"]],
    ["//% sysinfo", ["%sysinfo"]],
    ["//%sysinfo --json\nf()", ["%sysinfo '--json'", "code 'f()'"]],
    ["f()\n//% sysinfo", ["code 'f()'", "%sysinfo"]],
    ["%", ["%"]],
    ["const é = 1\n%time é", ["code 'const é = 1'", "%time 'é'"]],
  ])("%j", (source, expected) => {
    expect(partsOf(source)).toEqual(expected);
  });
});

describe("a cell magic has the rest of the cell", () => {
  test.each([
    ["%%time\nf()", ["%%time: 'f()'"]],
    ["\n\n%%time -x\nf()\n%sysinfo", ["%%time '-x': 'f()\n%sysinfo'"]],
    ["// why\n/* and\nhow */\n%%time\nf()", ["%%time: 'f()'"]],
    ["%%nosuch\ndon't (parse", ["%%nosuch: 'don't (parse'"]],
    ["//%% time\nf()", ["%%time: 'f()'"]],
    ["%%time", ["%%time: ''"]],
    ["f();\n%%time\ng()", ["code 'f();'", "not first %%time", "code 'g()'"]],
    ["f()\n%%time\ng()", ["code 'f()'", "not first %%time", "code 'g()'"]],
    ["%time\n%%time\ng()", ["%time", "not first %%time", "code 'g()'"]],
  ])("%j", (source, expected) => {
    expect(partsOf(source)).toEqual(expected);
  });
});

describe("a magic inside of something is misplaced", () => {
  test.each([
    ["if (a) {\n  %time\n}", ["code 'if (a) {'", "nested %time", "code '}'"]],
    ["if (a) {\n  f()\n  %time\n}", ["code 'if (a) {\n  f()'", "nested %time", "code '}'"]],
    ["const f = () => {\n  //% time\n}", ["code 'const f = () => {'", "nested %time", "code '}'"]],
    ["f(\n  %time\n)", ["code 'f('", "nested %time", "code ')'"]],
    ["if (a)\n%time", ["code 'if (a)'", "nested %time"]],
    ["while (f(a))\n%time", ["code 'while (f(a))'", "nested %time"]],
    ["if (a) {} else\n%time", ["code 'if (a) {} else'", "nested %time"]],
    ["{\n%nosuch\n}", ["code '{'", "nested %nosuch", "code '}'"]],
    ["class A {\n  %%time\n}", ["code 'class A {'", "nested %%time", "code '}'"]],
  ])("%j", (source, expected) => {
    expect(partsOf(source)).toEqual(expected);
  });
});

describe("a line that begins with an exclamation mark is a command", () => {
  test.each([
    ["!ls", ["!'ls'"]],
    ["! ls -la", ["!'ls -la'"]],
    ["const a = 1\n!echo \"don't\nf()", ["code 'const a = 1'", "!'echo \"don't'", "code 'f()'"]],
    ["!cat \\\n  file\nf()", ["!'cat \\\n  file'", "code 'f()'"]],
    ["!ls\n!pwd", ["!'ls'", "!'pwd'"]],
    ["!ready && start()", ["!'ready && start()'"]],
  ])("%j", (source, expected) => {
    expect(partsOf(source)).toEqual(expected);
  });
});

describe("a question mark asks for help", () => {
  test.each([
    ["fs?", ["help fs"]],
    ["fs.readFile??", ["help fs.readFile in detail"]],
    ["?fs", ["help fs"]],
    ["??fs.readFile", ["help fs.readFile in detail"]],
    ["%time?", ["help %time"]],
    ["%%time??", ["help %time in detail"]],
    ["?%time", ["help %time"]],
    ["f()\nfs?", ["code 'f()'", "help fs"]],
    ["fs?\n\nos?\n// that is all", ["help fs", "help os"]],
    ["%time?\nf()", ["help %time", "code 'f()'"]],
    ["fs?\n%time", ["help fs", "%time"]],
  ])("%j", (source, expected) => {
    expect(partsOf(source)).toEqual(expected);
  });
});

test("a part of the code keeps its lines and columns", () => {
  const source = "%time\n  const é = 1\n%sysinfo\n";
  const [, code] = parseCell(source, (name) => names.includes(name)) ?? [];
  expect(code && textOf(source, code)).toBe("     \n  const é = 1\n");
});

test("the code of a cell keeps its offsets", () => {
  const source = "a\r\n!ls -l\r\nb\r\n%time x\r\nc";
  const parts = parseCell(source, (name) => names.includes(name)) ?? [];
  expect(codeOf(source, parts)).toBe("a\r\n      \r\nb\r\n       \r\nc");
});

describe("text that breaks off is parsed all the same", () => {
  const cell =
    "const e = <p a='b'>{`x${[1, { y: /[/]/ }]}`}</p>;\n%time f(\nif (a) {\n  'it\\'s'\n}\n//% sysinfo\n!ls\nx?";

  test("at every character", () => {
    for (let length = 0; length <= cell.length; length++) {
      const source = cell.slice(0, length);
      const parts = parseCell(source, (name) => names.includes(name)) ?? [];
      expect(codeOf(source, parts)).toHaveLength(length);
    }
  });

  test.each([
    ["parentheses", "(".repeat(100_000)],
    ["brackets closed by others", `${"(".repeat(50_000)}${"]".repeat(50_000)}`],
    ["templates", "`${".repeat(50_000)],
    ["tags", `${"<a>".repeat(3000)}</b>`],
    ["tags with braces", `${"<a>{".repeat(3000)}</b>`],
    ["angles", `${"a<".repeat(50_000)}</b>`],
    ["slashes", "/ ".repeat(100_000)],
    ["questions", "a?\n".repeat(2000)],
  ])("with a great many %s", (_, text) => {
    expect(partsOf(`%time\n${text}`)[0]).toBe("%time");
  });
});
