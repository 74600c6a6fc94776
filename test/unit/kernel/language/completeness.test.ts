import { expect, test } from "vitest";
import { readCompleteness } from "../../../../kernel/language/completeness.js";

test.each([
  "",
  "1 + 1",
  "const x = 1;",
  "// a comment",
  "/* a comment */",
  "function f() {}\n",
  "if (x) {}",
  "`a $" + "{b} c`",
  "foo()\n  .bar()",
  "class A { @dec m() {} }",
  "await x",
  "for await (const a of b) {}",
  "a // (",
  "'('",
  "/[(]/",
  "x\n\n",
  "type A = { a: 1 }",
  "let a = <T>(t: T) => t",
  "a ? b : c",
  "`$" + "{`$" + "{a}`}`",
])("%j is complete", (code) => {
  expect(readCompleteness(code)).toEqual({ status: "complete" });
});

test.each([
  ["function f() {", "  "],
  ["foo(", "  "],
  ["const a = [", "  "],
  ["const a = [1,", "  "],
  ["const a = {\n  b: 1,", "  "],
  ["const a =", "  "],
  ["a +", ""],
  ["if (x)", "  "],
  ["if (x) {\n  y()\n} else", "  "],
  ["for (const a of b)", "  "],
  ["while (true) {", "  "],
  ["try {\n  x()\n}", ""],
  ["do {\n  x()\n}", ""],
  ["const f = () =>", "  "],
  ["a.", ""],
  ["a ? b :", "  "],
  ["`a", ""],
  ["`a $" + "{b", "  "],
  ["`a $" + "{", "  "],
  ["/* a", ""],
  ["/**\n * a", " "],
  ["class A {", "  "],
  ["class A {\n  m() {", "    "],
  ["@dec", ""],
  ["class A { @dec", "  "],
  ["import {", "  "],
  ["import { a } from", ""],
  ["let x:", "  "],
  ["switch (a) {\n  case 1:", "    "],
  ["'a\\", ""],
  ["new", ""],
  ["return (", "  "],
  ["foo({ a: 1 }, // first", "  "],
])("%j is incomplete", (code, indent) => {
  expect(readCompleteness(code)).toEqual({ status: "incomplete", indent });
});

test.each([
  "x = 1 )",
  "let 1 = 2; foo(",
  "'abc",
  "/abc",
  "}",
  "const = 3",
  "foo(]",
  "function () {}",
  "a b",
  "if x {}",
  "for (;;; ) {",
])("%j is invalid", (code) => {
  expect(readCompleteness(code)).toEqual({ status: "invalid" });
});
