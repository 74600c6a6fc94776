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

// `npx vitest run test/unit/magics/index.test.ts --update` brings the tables up to date.
test.each(magics)("the page of $name has the table of its options", async (magic) => {
  const path = `docs/magics/${magic.name.replaceAll("_", "-")}.md`;
  const page = withOptionTable(await readFile(path, "utf8"), magic);
  expect(page, `${path} needs a line <!-- options --> and, under it, a line <!-- /options -->`).toBeDefined();
  await expect(page).toMatchFileSnapshot(`../../../${path}`);
});

test("every magic is in the list of the pages", async () => {
  const list = await readFile("docs/magics/README.md", "utf8");
  for (const { name } of magics) expect(list).toContain(`](${name.replaceAll("_", "-")}.md)`);
});
