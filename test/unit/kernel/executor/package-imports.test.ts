import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { resolveForImport } from "../../../../kernel/executor/package-imports.js";

const root = realpathSync(mkdtempSync(join(tmpdir(), "cellscope-import-only-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function install(folder: string, manifest: object): string {
  const path = join(root, folder);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "package.json"), JSON.stringify(manifest));
  return path;
}
const plain = install("node_modules/plain", { name: "plain", exports: { import: "./main.mjs" } });
const scoped = install("node_modules/@some/scoped", {
  name: "@some/scoped",
  exports: {
    ".": { browser: "./web.js", node: { import: "./node.mjs" }, default: "./any.js" },
    "./parts/*": { import: "./lib/*.mjs" },
  },
});
const nearer = install("deep/node_modules/plain", { name: "plain", exports: { import: "./nearer.mjs" } });
mkdirSync(join(root, "deep/down"), { recursive: true });
writeFileSync(join(root, "file"), "no directory");

test.each([
  ["plain", ".", join(plain, "main.mjs")],
  ["plain", "deep/down", join(nearer, "nearer.mjs")],
  ["@some/scoped", "deep/down", join(scoped, "node.mjs")],
  ["@some/scoped/parts/a/b", ".", join(scoped, "lib/a/b.mjs")],
  ["plain", "file/below", join(plain, "main.mjs")],
])("%s in %s is the file that an import means", (id, directory, expected) => {
  expect(resolveForImport(id, join(root, directory))).toBe(expected);
});

test.each([["absent"], ["@some"], ["@some/absent"], ["@some/scoped/other"], ["plain/part"], [""]])(
  "%j is left to the error of require",
  (id) => {
    expect(resolveForImport(id, root)).toBeUndefined();
  },
);

test("a manifest that is no JSON is named by its error", () => {
  writeFileSync(join(dirname(install("node_modules/broken", {})), "broken/package.json"), "{ no JSON");
  expect(() => resolveForImport("broken", root)).toThrow(SyntaxError);
});
