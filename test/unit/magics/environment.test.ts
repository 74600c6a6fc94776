// %cd, %pwd and %env: what they ask of the executor, and what they tell.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { cd } from "../../../magics/cd.js";
import { withMagics } from "../../../magics/dispatch/with-magics.js";
import { env } from "../../../magics/env.js";
import { pwd } from "../../../magics/pwd.js";
import { createRecording, noProbe } from "../../support/recording-interpreter.js";

const root = realpathSync(mkdtempSync(join(tmpdir(), "cellscope-cd-")));
mkdirSync(join(root, "with blank"));
writeFileSync(join(root, "file"), "");
afterAll(() => rmSync(root, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

async function run(code: string, previous?: string) {
  const { interpreter, output, log } = createRecording();
  const directory = { current: root, ...(previous === undefined ? {} : { previous }) };
  const wrapped = withMagics({ ...interpreter, directory: () => directory }, { cd, env, pwd }, { probe: noProbe });
  return { outcome: await wrapped.execute(code, output, { executionCount: 1 }), log };
}

test.each([
  ["%cd with blank", join(root, "with blank")],
  ["%cd 'with blank'", join(root, "with blank")],
  ["%cd ..", join(root, "..")],
  ["%cd", homedir()],
  ["%cd ~", homedir()],
  ["%cd -", "/before"],
])("%j changes to %s and prints where that is", async (code, target) => {
  const { log } = await run(code, "/before");
  expect(log).toEqual([`run globalThis.process.chdir(${JSON.stringify(target)});`, `stdout ${root}\n`]);
});

test("%cd -q prints nothing", async () => {
  expect((await run("%cd -q ..")).log).toHaveLength(1);
});

test.each([
  ["%cd nowhere", `%cd needs a directory, and ${join(root, "nowhere")} does not exist.`],
  ["%cd file", `%cd needs a directory, and ${join(root, "file")} is none.`],
  ["%cd -", "%cd - goes back to the directory before, and there was none yet."],
  ["%env 1A=b", '%env needs the name of a variable, such as %env NODE_ENV=test, got "1A=b".'],
])("%s is refused with what would be right", async (code, evalue) => {
  expect(await run(code)).toEqual({
    outcome: { status: "error", error: expect.objectContaining({ ename: "UsageError", evalue }) },
    log: [],
  });
});

test("%pwd has the directory as its value", async () => {
  expect((await run("%pwd")).outcome).toEqual({ status: "ok", result: { "text/plain": `'${root}'` } });
});

test.each([["%env CELLSCOPE_TEST=a b"], ["%env CELLSCOPE_TEST a b"], ["%env CELLSCOPE_TEST = a b"]])(
  "%s sets a variable for cells and for commands",
  async (code) => {
    vi.stubEnv("CELLSCOPE_TEST", "before");
    const { log } = await run(code);
    expect(log).toEqual([
      'run globalThis.process.env["CELLSCOPE_TEST"] = "a b";\nvoid 0;',
      "stdout env: CELLSCOPE_TEST=a b\n",
    ]);
    expect(process.env.CELLSCOPE_TEST).toBe("a b");
  },
);

test.each([
  ["%env", "run ({ ...globalThis.process.env })"],
  ["%env PATH", 'run globalThis.process.env["PATH"]'],
])("%s shows what the cells have", async (code, asked) => {
  expect((await run(code)).log).toEqual([asked]);
});
