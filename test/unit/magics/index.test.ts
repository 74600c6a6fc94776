import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { withOptionTable } from "../../../magics/dispatch/option-table.js";
import { createRegistry } from "../../../magics/dispatch/registry.js";
import { builtinMagics } from "../../../magics/index.js";

const magics = Object.values(builtinMagics);

test("every magic is listed by its name", () => {
  expect(Object.keys(builtinMagics)).toEqual(magics.map(({ name }) => name));
});

test("every file that defines a magic is in the list", async () => {
  const defining: string[] = [];
  for (const file of await readdir("magics")) {
    if (file.endsWith(".ts") && /= defineMagic\(/.test(await readFile(`magics/${file}`, "utf8"))) defining.push(file);
  }
  const listed = magics.map(({ name }) => `${name.replaceAll("_", "-")}.ts`);
  expect(listed.sort(), `magics/index.ts should list what is in: ${defining.join(", ")}`).toEqual(defining.sort());
});

test("no two magics have a name in common", () => {
  expect(() => createRegistry(builtinMagics)).not.toThrow();
});

test.each(magics)("the page of %$name has the table of its options", async (magic) => {
  const page = await readFile(`docs/magics/${magic.name.replaceAll("_", "-")}.md`, "utf8");
  const right = withOptionTable(page, magic);
  expect(right, "the page needs a line <!-- options --> and, under it, a line <!-- /options -->").toBeDefined();
  expect(page).toBe(right);
});
