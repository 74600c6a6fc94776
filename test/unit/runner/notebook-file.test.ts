import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatNotebook, type Notebook } from "../../../runner/nbformat.js";
import { checkWritable, openNotebookWriter, readNotebook, writeNotebook } from "../../../runner/notebook-file.js";

const notebook: Notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] };
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellscope-test-"));
});
afterEach(() => rm(root, { recursive: true }));

test("writes a notebook, and nothing else beside it", async () => {
  await writeNotebook(join(root, "a.ipynb"), notebook);
  expect(await readFile(join(root, "a.ipynb"), "utf8")).toBe(formatNotebook(notebook));
  expect(await readdir(root)).toEqual(["a.ipynb"]);
  expect(await readNotebook(join(root, "a.ipynb"))).toEqual(notebook);
});

test("what was saved already is not written once more, and what has changed unseen is", async () => {
  const path = join(root, "a.ipynb");
  const writer = openNotebookWriter(path);
  const timing = { deep: { deeper: { deepest: 1 } } };
  const one: Notebook = { ...notebook, cells: [{ cell_type: "raw", id: "a", source: "", metadata: { timing } }] };
  await writer.save(one);
  const { ino } = await stat(path);
  await writer.finish(one);
  expect((await stat(path)).ino).toBe(ino);
  timing.deep.deeper.deepest = 2;
  await writer.finish(one);
  expect(await readFile(path, "utf8")).toBe(formatNotebook(one));
});

test("a link stays a link, and the mode of the file stays", async () => {
  await writeFile(join(root, "real.ipynb"), "old", { mode: 0o640 });
  await symlink("real.ipynb", join(root, "link.ipynb"));
  await writeNotebook(join(root, "link.ipynb"), notebook);
  expect((await lstat(join(root, "link.ipynb"))).isSymbolicLink()).toBe(true);
  expect(await readFile(join(root, "real.ipynb"), "utf8")).toBe(formatNotebook(notebook));
  expect((await stat(join(root, "real.ipynb"))).mode & 0o777).toBe(0o640);
});

test("a notebook that cannot be written is told before the run", async () => {
  const missing = join(root, "nowhere/a.ipynb");
  await expect(checkWritable(missing)).rejects.toThrow(/nowhere\/a\.ipynb cannot be written: ENOENT/);
  await expect(checkWritable(root)).rejects.toThrow(/cannot be written: it is a directory/);
  await checkWritable(join(root, "new.ipynb"));
  await expect(writeNotebook(missing, notebook)).rejects.toThrow(/nowhere\/a\.ipynb cannot be written: ENOENT/);
});

test("a notebook that is too large to be read is refused with the limit", async () => {
  await writeFile(join(root, "huge.ipynb"), "");
  // It has holes, and takes no room.
  await truncate(join(root, "huge.ipynb"), 600_000_000);
  await expect(readNotebook(join(root, "huge.ipynb"))).rejects.toThrow(
    /huge\.ipynb cannot be read: it has 572\.20 MiB, and the limit is 512\.00 MiB$/,
  );
});

test("a notebook that is not there, or is a directory, is told as that", async () => {
  await expect(readNotebook(join(root, "no.ipynb"))).rejects.toThrow(`There is no file ${join(root, "no.ipynb")}.`);
  await expect(readNotebook(root)).rejects.toThrow(`${root} is a directory; give the path of a notebook.`);
});
