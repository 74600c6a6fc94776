import { describe, expect, test } from "vitest";
import {
  jupyterDataDirectory,
  jupyterRuntimeDirectory,
  kernelspecDirectories,
} from "../../../../kernel/protocol/jupyter-paths.js";

const home = "/home/you";

// What jupyter_core 5.9 answers for the same surroundings.
test.each([
  [{ platform: "linux", env: {} }, "/home/you/.local/share/jupyter"],
  [{ platform: "linux", env: { XDG_DATA_HOME: "/xdg" } }, "/xdg/jupyter"],
  [{ platform: "linux", env: { XDG_DATA_HOME: "/xdg", JUPYTER_DATA_DIR: "/data" } }, "/data"],
  [{ platform: "darwin", env: { XDG_DATA_HOME: "/xdg" } }, "/home/you/Library/Jupyter"],
  [{ platform: "win32", env: { APPDATA: "/appdata" } }, "/appdata/jupyter"],
  [{ platform: "win32", env: {} }, "/home/you/.jupyter/data"],
] as const)("with %j, data is in %s", (surroundings, expected) => {
  expect(jupyterDataDirectory({ ...surroundings, home })).toBe(expected);
});

test("connection files are under the data, or where JUPYTER_RUNTIME_DIR says", () => {
  expect(jupyterRuntimeDirectory({ platform: "linux", env: {}, home })).toBe("/home/you/.local/share/jupyter/runtime");
  expect(jupyterRuntimeDirectory({ platform: "linux", env: { JUPYTER_RUNTIME_DIR: "/run" }, home })).toBe("/run");
});

describe("kernelspecs are searched for", () => {
  const user = "/home/you/.local/share/jupyter/kernels";
  const system = ["/usr/local/share/jupyter/kernels", "/usr/share/jupyter/kernels"];

  test.each([
    ["for the user first, then in the system", {}, [user, ...system]],
    [
      "in an active virtual environment before the user",
      { VIRTUAL_ENV: "/venv" },
      ["/venv/share/jupyter/kernels", user, ...system],
    ],
    [
      "in the user's directory first when JUPYTER_PREFER_ENV_PATH says no",
      { VIRTUAL_ENV: "/venv", JUPYTER_PREFER_ENV_PATH: "0" },
      [user, "/venv/share/jupyter/kernels", ...system],
    ],
    [
      "in the base environment of conda after the user",
      { CONDA_PREFIX: "/conda", CONDA_DEFAULT_ENV: "base" },
      [user, "/conda/share/jupyter/kernels", ...system],
    ],
    ["on JUPYTER_PATH before all", { JUPYTER_PATH: "/a:/b" }, ["/a/kernels", "/b/kernels", user, ...system]],
    ["once in each directory", { JUPYTER_PATH: "/usr/share/jupyter" }, ["/usr/share/jupyter/kernels", user, system[0]]],
  ])("%s", (_title, env, expected) => {
    expect(kernelspecDirectories({ platform: "linux", env, home })).toEqual(expected);
  });
});
