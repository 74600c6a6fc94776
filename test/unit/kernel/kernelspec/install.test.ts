import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installKernelspec, uninstallKernelspec } from "../../../../kernel/kernelspec/install.js";

let root: string;
let kernels: string;

const install = (fields: { readonly displayName?: string; readonly logos?: string; readonly name?: string } = {}) =>
  installKernelspec({
    kernels,
    name: "cellscope",
    logos: join(import.meta.dirname, "../../../../logos"),
    node: "/node",
    program: "/main.cjs",
    displayName: "TypeScript",
    language: "typescript",
    env: {},
    version: "0.1.0",
    ...fields,
  });
const installedName = async (): Promise<unknown> =>
  JSON.parse(await readFile(join(kernels, "cellscope/kernel.json"), "utf8")).display_name;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellscope-test-"));
  kernels = join(root, "share/jupyter/kernels");
});
afterEach(() => rm(root, { recursive: true }));

test("writes the kernelspec with its logos, and leaves nothing else behind", async () => {
  expect(await install()).toBe(join(kernels, "cellscope"));
  expect((await readdir(join(kernels, "cellscope"))).sort()).toEqual([
    "kernel.json",
    "logo-32x32.png",
    "logo-64x64.png",
    "logo-svg.svg",
  ]);
  expect(await readdir(join(root, "share/jupyter"))).toEqual(["kernels"]);
});

test("replaces a kernelspec of its own, with whatever else lay there", async () => {
  await install();
  await writeFile(join(kernels, "cellscope/old-file"), "");
  await install({ displayName: "New" });
  expect(await installedName()).toBe("New");
  expect(await readdir(join(kernels, "cellscope"))).not.toContain("old-file");
});

test("leaves the kernelspec as it was when the new one cannot be made", async () => {
  await install({ displayName: "Old" });
  await expect(install({ displayName: "New", logos: join(root, "nowhere") })).rejects.toThrow(
    /^The kernelspec cannot be installed in .*cellscope: ENOENT/,
  );
  expect(await installedName()).toBe("Old");
  expect(await readdir(join(root, "share/jupyter"))).toEqual(["kernels"]);
});

test("does not touch the kernelspec of another kernel", async () => {
  const other = join(kernels, "python3");
  await mkdir(other, { recursive: true });
  await writeFile(join(other, "kernel.json"), '{"argv":["python"]}');
  await expect(install({ name: "python3" })).rejects.toThrow(/holds another kernel.*choose another --name/);
  await expect(uninstallKernelspec(kernels, "python3")).rejects.toThrow(/belongs to another kernel/);
  expect(await readFile(join(other, "kernel.json"), "utf8")).toBe('{"argv":["python"]}');
});

test("uninstall removes what install wrote, once", async () => {
  await install();
  expect(await uninstallKernelspec(kernels, "cellscope")).toBe(join(kernels, "cellscope"));
  expect(await readdir(kernels)).toEqual([]);
  expect(await uninstallKernelspec(kernels, "cellscope")).toBeUndefined();
});

test("where no directory can be made, says so", async () => {
  await writeFile(join(root, "share"), "a file in the way");
  await expect(install()).rejects.toThrow(/^The kernelspec cannot be installed in .*ENOTDIR/);
});
