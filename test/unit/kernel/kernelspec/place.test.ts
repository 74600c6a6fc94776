import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kernelsDirectory } from "../../../../kernel/kernelspec/place.js";

const surroundings = (env: Record<string, string>) => ({ env, platform: "linux", home: "/home/you" }) as const;
const there = tmpdir();

test.each([
  [{}, {}, "/home/you/.local/share/jupyter/kernels"],
  [{ user: true }, { VIRTUAL_ENV: there }, "/home/you/.local/share/jupyter/kernels"],
  [{ prefix: "/opt/jupyter" }, {}, "/opt/jupyter/share/jupyter/kernels"],
  [{ sysPrefix: true }, { VIRTUAL_ENV: there, CONDA_PREFIX: "/conda" }, join(there, "share/jupyter/kernels")],
  [{ sysPrefix: true }, { CONDA_PREFIX: there }, join(there, "share/jupyter/kernels")],
])("with %j and %j, kernelspecs go to %s", (options, env, expected) => {
  expect(kernelsDirectory(options, surroundings(env))).toBe(expected);
});

test.each([
  [{ sysPrefix: true }, {}, /neither VIRTUAL_ENV nor CONDA_PREFIX is set.*--prefix DIR/],
  [
    { sysPrefix: true },
    { VIRTUAL_ENV: "/no/such/venv" },
    /The active Python environment \/no\/such\/venv is not there/,
  ],
  [{ user: true, prefix: "/x" }, {}, /Give one of --user, --sys-prefix and --prefix, got --user and --prefix\./],
  [{ prefix: "" }, {}, /--prefix must be a directory, got ""\./],
])("with %j and %j, says what is wrong", (options, env, message) => {
  expect(() => kernelsDirectory(options, surroundings(env))).toThrow(message);
});
