import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JupyterSurroundings } from "../../../kernel/protocol/jupyter-paths.js";
import { expandVariables } from "../../../runner/kernel-process.js";
import { findKernelspec, launchOf, listKernelspecs, parseKernelspec } from "../../../runner/kernelspecs.js";

let root: string;
let surroundings: JupyterSurroundings;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellscope-test-"));
  surroundings = {
    env: { JUPYTER_PATH: join(root, "first"), JUPYTER_DATA_DIR: join(root, "second"), VIRTUAL_ENV: join(root, "venv") },
    platform: "linux",
    home: root,
  };
});
afterEach(() => rm(root, { recursive: true }));

async function install(directory: string, name: string, spec: unknown): Promise<void> {
  const path = join(root, directory, "kernels", name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "kernel.json"), typeof spec === "string" ? spec : JSON.stringify(spec));
}

const spec = (displayName: string, argv = ["x", "{connection_file}"]) => ({
  argv,
  display_name: displayName,
  language: "zork",
});

test("the first directory that Jupyter searches wins, and names are compared in lower case", async () => {
  await install("second", "MyKernel", spec("second"));
  await install("first", "mykernel", spec("first"));
  await install("first", "other", spec("other"));
  expect((await findKernelspec("MYKERNEL", surroundings)).displayName).toBe("first");
  const names = await listKernelspecs(surroundings);
  expect(names).toEqual(expect.arrayContaining(["mykernel", "other"]));
});

test("a kernel that is not installed is told with those that are", async () => {
  await install("first", "alpha", spec("a"));
  await expect(findKernelspec("zork", surroundings)).rejects.toThrow(
    /^No kernel named "zork" is installed; these are: .*alpha.*\. Install it, so that/,
  );
});

test("a bare python is the one of the environment that the kernelspec lies in", async () => {
  await install("venv/share/jupyter", "python3", spec("Python 3", ["python", "-m", "k"]));
  await mkdir(join(root, "venv/bin"));
  await writeFile(join(root, "venv/bin/python"), "");
  const { argv } = await launchOf(await findKernelspec("python3", surroundings));
  expect(argv).toEqual([join(root, "venv/bin/python"), "-m", "k"]);
});

test("a bare python stays what PATH says when the kernelspec lies elsewhere", async () => {
  await install("first", "python3", spec("Python 3", ["python", "-m", "k"]));
  expect((await launchOf(await findKernelspec("python3", surroundings))).argv).toEqual(["python", "-m", "k"]);
});

describe("parseKernelspec", () => {
  test("fills in what may be left out", () => {
    expect(parseKernelspec('{"argv":["x"]}', "name", "/d")).toEqual({
      name: "name",
      directory: "/d",
      argv: ["x"],
      displayName: "name",
      language: "",
      interruptMode: "signal",
      env: {},
    });
  });

  test.each([
    ["{", /^The kernelspec \/d\/kernel\.json is not JSON: /],
    ["{}", /^argv in \/d\/kernel\.json must be a list of texts, got nothing\.$/],
    ['{"argv":[1]}', /^argv in \/d\/kernel\.json must be a list of texts, got \[1\]\.$/],
    ['{"argv":[]}', /^argv in \/d\/kernel\.json must be a list of texts, got \[\]\.$/],
  ])("rejects %j", (text, message) => {
    expect(() => parseKernelspec(text, "name", "/d")).toThrow(message);
  });
});

test("variables of a kernelspec are put in as Jupyter does", () => {
  const braced = (name: string) => `\${${name}}`;
  const given = { A: `${braced("X")}/$X`, B: "$$X", C: `$NOPE ${braced("NOPE")}`, D: "plain" };
  expect(expandVariables(given, { X: "x" })).toEqual({ ...given, A: "x/x", B: "$X" });
});
