// Notebooks as people write them for tslab, jslab and Deno: they run as they are.
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBuiltKernel } from "../support/built-kernel.js";
import { executeNotebook, normalizeNotebook } from "../support/notebooks.js";

const fixtures = "test/fixtures/notebooks/elsewhere";
let folder: string;

// In the clone, whose packages the notebooks use; a copy, because one of them writes a file beside itself.
beforeAll(async () => {
  await mkdir(".cache", { recursive: true });
  folder = await mkdtemp(join(".cache", "elsewhere-"));
  await cp(fixtures, folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ["tslab-displays", "tslab"],
  ["tslab-modules", "tslab"],
  ["tslab-analysis", "tslab"],
  ["jslab", "jslab"],
  ["deno", "deno"],
])(
  "%s.ipynb runs unchanged by our kernel where %s is not installed, which is said",
  async (name, kernel) => {
    const path = join(folder, `${name}.ipynb`);
    // Nothing that may be installed on this machine is found.
    const nowhere = join(folder, "nowhere");
    const environment = { HOME: nowhere, JUPYTER_DATA_DIR: nowhere, JUPYTER_PATH: nowhere, VIRTUAL_ENV: nowhere };
    const { end, text } = await executeNotebook(path, { environment });
    expect(end.code, end.output).toBe(0);
    expect(end.output).toContain(
      `cellscope: The notebook names the kernel "${kernel}", which is not installed: it is run by Cellscope's own.\n`,
    );
    expect(normalizeNotebook(text)).toEqual(normalizeNotebook(await readFile(join(fixtures, `${name}.ipynb`), "utf8")));
    // What the notebook is written for stays what it is written for.
    expect(JSON.parse(text).metadata.kernelspec.name).toBe(kernel);
  },
  120_000,
);

test("a package with native code is imported, typed, and runs in cells", async () => {
  const kernel = await startBuiltKernel();
  try {
    const { client } = kernel;
    const [first, refused] = [
      await client.execute(
        'import { Dealer } from "zeromq";\nconst socket = new Dealer({ linger: 0 });\nsocket.closed',
      ),
      await client.execute("socket.closed.nothing"),
    ];
    expect(first.published.flatMap(({ content }) => content.data ?? [])).toEqual([{ "text/plain": "false" }]);
    expect(refused.reply.content.evalue).toContain("Property 'nothing' does not exist on type 'boolean'.");
    expect((await client.execute("socket.close()")).reply.content.status).toBe("ok");
  } finally {
    await kernel.close();
  }
});
