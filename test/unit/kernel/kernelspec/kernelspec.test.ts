import { expect, test } from "vitest";
import { UsageError } from "../../../../kernel/errors.js";
import {
  checkKernelName,
  displayNameOf,
  formatKernelspec,
  isOurs,
  kernelNames,
  parseVariables,
} from "../../../../kernel/kernelspec/kernelspec.js";

const options = {
  node: "/usr/bin/node",
  program: "/opt/cellscope/dist/cli/main.cjs",
  displayName: "TypeScript (Cellscope)",
  language: "typescript",
  env: { NODE_ENV: "test" },
  version: "0.1.0",
} as const;

test("a kernelspec starts this Node with this program, and is interrupted by message", () => {
  expect(JSON.parse(formatKernelspec(options))).toEqual({
    argv: ["/usr/bin/node", "/opt/cellscope/dist/cli/main.cjs", "kernel", "--connection-file", "{connection_file}"],
    display_name: "TypeScript (Cellscope)",
    language: "typescript",
    interrupt_mode: "message",
    kernel_protocol_version: "5.5",
    env: { NODE_ENV: "test" },
    metadata: { debugger: false, cellscope: { version: "0.1.0" } },
  });
});

test("the kernelspec for JavaScript starts the same program, which is told so", () => {
  expect(JSON.parse(formatKernelspec({ ...options, language: "javascript" }))).toMatchObject({
    argv: [options.node, options.program, "kernel", "--javascript", "--connection-file", "{connection_file}"],
    language: "javascript",
  });
});

test("an installation has two kernels, whose names follow from the one that is given", () => {
  expect(kernelNames("mine")).toEqual([
    { name: "mine", language: "typescript" },
    { name: "mine-js", language: "javascript" },
  ]);
  expect([displayNameOf("typescript"), displayNameOf("javascript")]).toEqual([
    "TypeScript (Cellscope)",
    "JavaScript (Cellscope)",
  ]);
  expect([displayNameOf("typescript", "Mine"), displayNameOf("javascript", "Mine")]).toEqual([
    "Mine",
    "Mine (JavaScript)",
  ]);
});

test.each([
  [formatKernelspec(options), true],
  ['{"argv":["python"],"metadata":{"debugger":true}}', false],
  ['{"argv":["cellscope"]}', false],
  ["[]", false],
  ["not JSON", false],
])("knows its own kernelspec (%#)", (text, expected) => {
  expect(isOurs(text)).toBe(expected);
});

test.each([
  ["cellscope", "cellscope"],
  ["My-Kernel_2.0", "my-kernel_2.0"],
])("accepts the name %s as %s", (name, expected) => {
  expect(checkKernelName(name)).toBe(expected);
});

test.each(["", "a b", "../evil", "a/b", "é", ".", ".."])(
  "rejects the name %j, which Jupyter would not accept",
  (name) => {
    expect(() => checkKernelName(name)).toThrow(UsageError);
  },
);

test("reads variables, with whatever stands behind the first =", () => {
  expect(parseVariables(["A=b", "B=", "_C=x=y\nz"])).toEqual({ A: "b", B: "", _C: "x=y\nz" });
});

test.each(["A", "=b", "1A=b", "A B=c"])("rejects the variable %j", (pair) => {
  expect(() => parseVariables([pair])).toThrow(
    new UsageError(`--env must be NAME=VALUE, for example NODE_ENV=test, got "${pair}".`),
  );
});
