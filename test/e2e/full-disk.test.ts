// A disk with no room left, in a mount namespace of the test's own: what is kept there is not kept, and nothing else.
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startBuiltKernel } from "../support/built-kernel.js";
import { mainPath } from "../support/command-line.js";

/** Starts a program where `$1` is a full disk, of the kind that `$2` says. */
const script = `mount -t tmpfs -o "$2" tmpfs "$1" && { head -c 1000000 /dev/zero > "$1/full" 2> /dev/null; shift 2; exec "$@"; }`;
const wrapperOf = (directory: string, options = "size=64k") => [
  ...["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", directory, options],
];

let disk: string;
beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), "cellscope-disk-"));
});
afterEach(() => rm(disk, { recursive: true }));

const [program = "", ...words] = wrapperOf(tmpdir());
const canMount = process.platform === "linux" && spawnSync(program, [...words, "true"]).status === 0;

describe.skipIf(!canMount)("on a full disk", () => {
  test.each([
    ["no room", "size=64k", "this session is kept no further"],
    ["no room for another file", "size=64k,nr_inodes=3", "this session is not kept"],
  ])(
    "with %s cells run, the history says once that it is not kept, and the cache is done without",
    async (_name, options, words) => {
      const env = {
        CELLSCOPE_HISTORY: "on",
        JUPYTER_DATA_DIR: join(disk, "data"),
        XDG_CACHE_HOME: join(disk, "cache"),
      };
      const kernel = await startBuiltKernel(env, { wrapper: wrapperOf(disk, options) });
      const { client } = kernel;
      for (const code of ["const x: number = 6;", "x * 7", "throw new Error('no')", "x"]) await client.execute(code);
      const { reply } = await client.request("history_request", { hist_access_type: "tail", n: 2 });
      expect((reply.content.history as unknown[][]).map(([, , input]) => input)).toEqual([
        "throw new Error('no')",
        "x",
      ]);
      await kernel.close();
      expect(kernel.log().trim().split("\n").sort()).toEqual([
        expect.stringMatching(/^cellscope: "cellscope top" will not find this kernel: (ENOSPC|ENOENT)/),
        // Node tells of a folder that could not be made as of one that is not there.
        expect.stringMatching(new RegExp(`^cellscope: history: ${words}: Error: (ENOSPC|ENOENT)`)),
      ]);
    },
  );

  test("a cell that writes there gets the error, and the next one runs", async () => {
    const kernel = await startBuiltKernel({}, { wrapper: wrapperOf(disk) });
    const path = JSON.stringify(join(disk, "data.bin"));
    const { reply } = await kernel.client.execute(
      `import { writeFileSync } from "node:fs";\nwriteFileSync(${path}, new Uint8Array(100_000));`,
    );
    expect([reply.content.status, reply.content.evalue]).toEqual(["error", expect.stringContaining("ENOSPC")]);
    expect((await kernel.client.execute("1")).reply.content.status).toBe("ok");
    await kernel.close();
  });

  test("install says what could not be written", () => {
    const [program = "", ...words] = [
      ...wrapperOf(disk),
      process.execPath,
      mainPath,
      "install",
      "--prefix",
      join(disk, "env"),
    ];
    const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^cellscope: .*ENOSPC.*\n$/);
  });
});

test("where a file stands in the place of a folder, cells run and the history says once that it is not kept", async () => {
  const data = join(disk, "data");
  await writeFile(data, "");
  const env = { CELLSCOPE_HISTORY: "on", JUPYTER_DATA_DIR: data, XDG_CACHE_HOME: data };
  const kernel = await startBuiltKernel(env);
  for (const code of ["const x: number = 6;", "x * 7"]) {
    expect((await kernel.client.execute(code)).reply.content.status).toBe("ok");
  }
  await kernel.close();
  expect(kernel.log().trim().split("\n").sort()).toEqual([
    expect.stringMatching(/^cellscope: "cellscope top" will not find this kernel: ENOTDIR/),
    expect.stringMatching(/^cellscope: history: this session is not kept: Error: ENOTDIR/),
  ]);
});
