// Where cells find packages and files: over the built kernel, in folders that have none but those of the test.
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltKernel, startBuiltKernel } from "../support/built-kernel.js";

let kernel: BuiltKernel;
let root: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "cellscope-packages-")));
  kernel = await startBuiltKernel();
});
afterAll(async () => {
  await kernel.close();
  await rm(root, { recursive: true, force: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** What a cell says: its value, or what is wrong with it. */
async function run(code: string): Promise<unknown> {
  const { reply, published } = await kernel.client.execute(code);
  if (reply.content.status !== "ok") return reply.content.evalue;
  const data = published.find(({ header }) => header.msg_type === "execute_result")?.content.data;
  return (data as Record<string, unknown> | undefined)?.["text/plain"];
}

test("a missing package is named with the line that installs it; this line makes it importable in the next cell, in the same process", async () => {
  await write({
    "stock/package.json": '{ "name": "stock-of-apples", "version": "1.2.3", "main": "main.js", "types": "main.d.ts" }',
    "stock/main.js": "exports.count = 3;",
    "stock/main.d.ts": "export declare const count: number;",
    "notebooks/package.json": '{ "private": true }',
  });
  await run(`%cd ${join(root, "notebooks")}`);
  await run("const before = process.pid;");
  const code = 'import { count } from "stock-of-apples";\ncount';
  expect(await run(code)).toMatch(/Cannot find module 'stock-of-apples'.*To install it: %npm install stock-of-apples/s);
  // From a folder: nothing is fetched.
  const { stdout, stderr } = await kernel.client.execute("%npm install ../stock --offline --no-audit --no-fund");
  expect(stdout, stderr).toContain("added 1 package");
  expect(await run(code)).toBe("3");
  expect(await run("const text: string = count;")).toMatch(/Type 'number' is not assignable to type 'string'/);
  expect(await run("process.pid === before")).toBe("true");
});

test("%cd and process.chdir() change where local files and packages are looked for, their types included", async () => {
  for (const name of ["one", "two"]) {
    await write({
      [`${name}/here.ts`]: `export const here = "${name}" as const;`,
      [`${name}/node_modules/neighbour/package.json`]:
        '{ "version": "1.0.0", "main": "main.js", "types": "main.d.ts" }',
      [`${name}/node_modules/neighbour/main.js`]: `exports.of = "${name}";`,
      [`${name}/node_modules/neighbour/main.d.ts`]: `export declare const of: "${name}";`,
    });
  }
  const imports = 'import { here } from "./here";\nimport { of } from "neighbour";\n';
  await run(`%cd ${join(root, "one")}`);
  expect(await run(`${imports}here satisfies "one"; of satisfies "one"; [here, of]`)).toBe("[ 'one', 'one' ]");
  await run(`process.chdir(${JSON.stringify(join(root, "two"))});`);
  expect(await run(`${imports}here satisfies "one";`)).toMatch(
    /Type '"two"' does not satisfy the expected type '"one"'/,
  );
  expect(await run(`${imports}here satisfies "two"; of satisfies "two"; [here, of]`)).toBe("[ 'two', 'two' ]");
});
