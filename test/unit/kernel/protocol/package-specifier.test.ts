import { expect, test } from "vitest";
import {
  adviseMissing,
  parsePackageSpecifier,
  toNodeSpecifier,
} from "../../../../kernel/protocol/package-specifier.js";

test.each([
  ["zod", { name: "zod", subpath: "" }],
  ["zod/v4", { name: "zod", subpath: "/v4" }],
  ["@a/b", { name: "@a/b", subpath: "" }],
  ["@a/b/c/d.js", { name: "@a/b", subpath: "/c/d.js" }],
  ["npm:zod", { name: "zod", subpath: "", registry: "npm" }],
  ["npm:/zod@3", { name: "zod", subpath: "", version: "3", registry: "npm" }],
  ["npm:zod@^3.2/v4/core", { name: "zod", subpath: "/v4/core", version: "^3.2", registry: "npm" }],
  ["npm:@a/b@latest", { name: "@a/b", subpath: "", version: "latest", registry: "npm" }],
  ["jsr:@std/path@1/posix", { name: "@std/path", subpath: "/posix", version: "1", registry: "jsr" }],
])("%s names a package", (specifier, expected) => {
  expect(parsePackageSpecifier(specifier)).toEqual(expected);
});

test.each([
  "./a",
  "../a",
  "/a",
  ".",
  "#internal",
  "node:fs",
  "https://a.b/c",
  "data:text/javascript,1",
  "@a",
  "",
  "npm:",
])("%j names none", (specifier) => {
  expect(parsePackageSpecifier(specifier)).toBeUndefined();
  expect(toNodeSpecifier(specifier)).toBe(specifier);
});

test.each([
  ["npm:zod@3/v4", "zod/v4"],
  ["jsr:@std/path@1", "@std/path"],
  ["zod/v4", "zod/v4"],
])("%s is %s for Node", (specifier, expected) => {
  expect(toNodeSpecifier(specifier)).toBe(expected);
});

test.each([
  ["zod/v4", "To install it: %npm install zod"],
  ["npm:zod@3/v4", "To install it: %npm install zod@3"],
  ["jsr:@std/path@1", "Packages of JSR are found when npm has installed them: !npx jsr add @std/path@1"],
  [
    "https://cdn.jsdelivr.net/npm/d3@7/+esm",
    "Modules are not loaded from the web. Install the package with %npm install d3@7, and import it by its name.",
  ],
  [
    "https://deno.land/std/path/mod.ts",
    "Modules are not loaded from the web. Install the package with %npm install NAME, and import it by its name.",
  ],
  ["./file", undefined],
])("what to do about %s", (specifier, expected) => {
  expect(adviseMissing(specifier)).toBe(expected);
});
