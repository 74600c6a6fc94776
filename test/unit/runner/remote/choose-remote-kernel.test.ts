import { ServerConnection } from "@jupyterlab/services";
import { expect, test } from "vitest";
import type { Notebook } from "../../../../runner/nbformat.js";
import { chooseRemoteKernel } from "../../../../runner/remote/choose-remote-kernel.js";
import type { JupyterServer } from "../../../../runner/remote/server.js";

function serverWith(kernels: Readonly<Record<string, string>>): JupyterServer {
  const entries = Object.entries(kernels).map(
    ([name, language]) => [name, { name, language, displayName: name }] as const,
  );
  return {
    url: "http://hub/",
    settings: ServerConnection.makeSettings(),
    kernels: new Map(entries),
    started: new Set(),
  };
}

const notebook = (metadata: Notebook["metadata"]): Notebook => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata,
  cells: [],
});
const full = serverWith({
  cellscope: "typescript",
  "cellscope-js": "javascript",
  python3: "python",
  tslab: "typescript",
});

test.each([
  ["the one that it names", { kernelspec: { name: "tslab" } }, full, "tslab"],
  ["ours when it says nothing", {}, full, "cellscope"],
  ["ours for JavaScript", { language_info: { name: "javascript" } }, full, "cellscope-js"],
  [
    "ours when the one that it names is not there",
    { kernelspec: { name: "deno", language: "typescript" } },
    full,
    "cellscope",
  ],
  ["the only one of its language", { kernelspec: { name: "py311", language: "python" } }, full, "python3"],
  ["a kernel of another maker when ours is not there", {}, serverWith({ tslab: "typescript" }), "tslab"],
])("a notebook gets %s", (_case, metadata, server, expected) => {
  expect(chooseRemoteKernel(notebook(metadata), server, {}).name).toBe(expected);
});

test("a name that was asked for is taken or refused, whatever the notebook says", () => {
  expect(chooseRemoteKernel(notebook({}), full, { name: "python3" }).name).toBe("python3");
  expect(() => chooseRemoteKernel(notebook({}), full, { name: "fortran" })).toThrow(
    'No kernel on the server http://hub/ is named "fortran"; these are there: cellscope, cellscope-js, python3, tslab. Say which with --kernel NAME.',
  );
});

test("a server without a kernel that fits says which it has", () => {
  expect(() => chooseRemoteKernel(notebook({}), serverWith({ ir: "R" }), {})).toThrow(
    /fits a notebook of the language typescript; these are there: ir\./,
  );
  expect(() => chooseRemoteKernel(notebook({}), serverWith({}), {})).toThrow(/it has none at all/);
});
