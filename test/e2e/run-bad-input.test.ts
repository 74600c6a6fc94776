// What `cellscope run` is given and cannot use, and what goes wrong around it: a clear error each, nothing lost that was
// computed, no process left.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RunReport } from "../../report/run-report.js";
import { createMemoryGroup } from "../../runner/memory-group.js";
import { type Notebook, parseNotebook } from "../../runner/nbformat.js";
import { type CommandResult, mainPath, runCommand, startCommand } from "../support/command-line.js";
import { notebookOf } from "../support/notebook-of.js";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellscope-bad-"));
});
afterEach(async () => {
  await vi.waitFor(() => expect(processesOfThisTest()).toBe(""), { timeout: 10_000, interval: 100 });
  await rm(root, { recursive: true });
});

function processesOfThisTest(): string {
  return execFileSync("sh", ["-c", `ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -F '${root}' || true`], {
    encoding: "utf8",
  });
}

const write = (name: string, ...sources: readonly string[]): Promise<void> =>
  writeFile(join(root, name), notebookOf(sources));

async function outputsOf(path: string): Promise<unknown[][]> {
  const { cells } = parseNotebook(await readFile(path, "utf8"), path);
  return cells.map((cell) =>
    cell.cell_type !== "code"
      ? []
      : cell.outputs.map((output) => {
          if (output.output_type === "stream") return output.text;
          return output.output_type === "error" ? output.ename : output.data["text/plain"];
        }),
  );
}

const cellscope = (...args: readonly string[]): Promise<CommandResult> =>
  runCommand(args, { cwd: root, limit: 120_000 });

describe("a file that is no notebook of format 4", () => {
  test.each([
    ["", /bad\.ipynb is empty: a notebook is a JSON file/],
    ['{"cells": [', /not JSON: line 1, column 12: expected a value or \], got the end of the file/],
    ["[]", /a notebook must be a JSON object, got \[\]/],
    ["{}", /it has no "nbformat" field/],
    ['{"nbformat":3,"nbformat_minor":0,"worksheets":[]}', /format 3; .*jupyter nbconvert --to notebook --nbformat 4/],
    ['{"nbformat":5,"nbformat_minor":0,"cells":[]}', /is a notebook of format 5; formats 4\.0 to 4\.5 can be run/],
    ['{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[7]}', /cells\[0\] must be a JSON object, got 7/],
  ])("%j ends with 2 and is told what is wrong", async (text, message) => {
    await writeFile(join(root, "bad.ipynb"), text);
    const { code, stderr, stdout } = await cellscope("run", "bad.ipynb", "-o", "out.ipynb");
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(message)]);
    expect(existsSync(join(root, "out.ipynb"))).toBe(false);
  });
});

test("cells without ids, or with the same one twice, get ids of their own, the same ones each time", async () => {
  const cell = { cell_type: "code", metadata: {}, source: "1", execution_count: null, outputs: [] };
  const cells = [cell, { ...cell, id: "twice" }, { ...cell, id: "twice" }, { ...cell, id: "no id!" }];
  await writeFile(join(root, "ids.ipynb"), JSON.stringify({ nbformat: 4, nbformat_minor: 2, metadata: {}, cells }));
  const ids: unknown[] = [];
  for (const target of ["one.ipynb", "two.ipynb"]) {
    const { code, stderr } = await cellscope("run", "ids.ipynb", "-o", target);
    expect([code, stderr]).toEqual([0, ""]);
    const written = JSON.parse(await readFile(join(root, target), "utf8")) as Notebook;
    ids.push(written.cells.map(({ id }) => id));
  }
  expect(ids[0]).toEqual(ids[1]);
  expect(new Set(ids[0] as string[]).size).toBe(4);
});

test("a notebook in a language whose kernel is not installed is told which are, and how to install it", async () => {
  await writeFile(
    join(root, "py.ipynb"),
    notebookOf(["1"], { kernelspec: { name: "python-of-nobody", language: "python" } }),
  );
  const { code, stderr } = await cellscope("run", "py.ipynb");
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/No kernel named "python-of-nobody" is installed; .*pip install ipykernel/),
  ]);
});

test.runIf(process.platform === "linux")(
  "a cell that prints a gigabyte neither fills the notebook nor the memory",
  { timeout: 180_000 },
  async () => {
    const source =
      'const line = "x".repeat(1023) + "\\n";\nfor (let i = 0; i < 1024 * 1024; i++) process.stdout.write(line);\n"done"';
    await write("flood.ipynb", source, "1 + 1");
    const running = startCommand(["run", "flood.ipynb", "-o", "out.ipynb", "--output-limit", "1MiB"], {
      cwd: root,
      limit: 150_000,
    });
    let highest = 0;
    let hasEnded = false;
    const ended = running.ended.finally(() => {
      hasEnded = true;
    });
    while (!hasEnded) {
      const status = await readFile(`/proc/${running.pid}/status`, "utf8").catch(() => "");
      highest = Math.max(highest, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024);
      await Promise.race([delay(50), ended]);
    }
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, expect.stringMatching(/shows more than --output-limit allows/)]);
    const [[text, note, result] = [], next] = await outputsOf(join(root, "out.ipynb"));
    expect(String(text).length).toBe(1024 * 1024);
    expect(note).toMatch(/showed more than 1\.00 MiB; 1023\.00 MiB more were left out/);
    expect([result, next]).toEqual(["'done'", ["2"]]);
    expect(highest).toBeLessThan(600 * 1024 ** 2);
  },
);

describe("a kernel that never answers", () => {
  test("when it starts is ended after --start-timeout, with what it was", async () => {
    const directory = join(root, "jupyter", "kernels", "mute");
    await mkdir(directory, { recursive: true });
    const argv = ["sh", "-c", "echo nothing to say >&2; exec sleep 1000", "{connection_file}"];
    await writeFile(join(directory, "kernel.json"), JSON.stringify({ argv, display_name: "Mute", language: "none" }));
    await write("ok.ipynb", "1");
    const { code, stderr } = await runCommand(["run", "ok.ipynb", "--kernel", "mute", "--start-timeout", "1"], {
      cwd: root,
      env: { JUPYTER_PATH: join(root, "jupyter") },
    });
    expect([code, stderr]).toEqual([138, expect.stringMatching(/"mute" .* runs, but did not answer within 1 s/)]);
  });

  test.skipIf(process.platform === "win32")("in the middle of a cell is ended after the cell's time", async () => {
    await write("stop.ipynb", '"kept"', 'process.kill(process.ppid, "SIGSTOP");\nawait new Promise(() => {});', "3");
    const running = startCommand(["run", "stop.ipynb", "-o", "out.ipynb", "--timeout", "8"], { cwd: root });
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([124, expect.stringMatching(/CellTimeoutError: The cell ran longer than 8 s/)]);
    const [kept, stopped, never] = await outputsOf(join(root, "out.ipynb"));
    expect([kept, stopped?.at(-1), never]).toEqual([["'kept'"], "CellTimeoutError", []]);
  });
});

/** Starts a program where `$1` is a small disk of the kind that `$2` says. */
const script = `mount -t tmpfs -o "$2" tmpfs "$1" && { shift 2; exec "$@"; }`;
const wrapperOf = (directory: string, options: string) => [
  ...["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", directory, options],
];
const [unshare = "", ...words] = wrapperOf(tmpdir(), "size=64k");
const canMount = process.platform === "linux" && spawnSync(unshare, [...words, "true"]).status === 0;

describe.skipIf(!canMount)("a place that does not take the notebook", () => {
  let disk: string;
  beforeEach(async () => {
    disk = join(root, "disk");
    await mkdir(disk);
  });
  const runOn = (options: string, ...args: readonly string[]) => {
    const [program = "", ...rest] = [...wrapperOf(disk, options), process.execPath, mainPath, ...args];
    const env = { ...process.env, TMPDIR: join(root, "tmp") };
    return spawnSync(program, rest, { cwd: root, encoding: "utf8", env, timeout: 60_000 });
  };
  beforeEach(() => mkdir(join(root, "tmp")));

  test("a disk that gets full in the middle ends the run, and what was computed is kept elsewhere", async () => {
    // While a cell is written the next ones run, but hardly all of these.
    const next = Array.from({ length: 200 }, () => '"next"');
    await write("big.ipynb", '"first"', 'console.log("y".repeat(200_000))', ...next, '"never"');
    const { status, stderr } = runOn("size=64k", "run", "big.ipynb", "-o", join(disk, "out.ipynb"));
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/out\.ipynb cannot be written: ENOSPC.*What was computed is in /),
    ]);
    const [folder = ""] = (await readdir(join(root, "tmp"))).filter((name) => name.startsWith("cellscope-rescued-"));
    const outputs = await outputsOf(join(root, "tmp", folder, "out.ipynb"));
    expect([outputs[0], String(outputs[1]?.[0]).length > 200_000]).toEqual([["'first'"], true]);
    expect([outputs[2], outputs.at(-1)]).toEqual([["'next'"], []]);
  });

  test("a folder that is read-only is refused before anything runs", async () => {
    await write("ok.ipynb", 'import { writeFileSync } from "node:fs";\nwriteFileSync("ran", "");');
    const { status, stderr } = runOn("ro", "run", "ok.ipynb", "-o", join(disk, "out.ipynb"));
    expect([status, stderr]).toEqual([2, expect.stringMatching(/out\.ipynb cannot be written: EROFS/)]);
    expect(existsSync(join(root, "ran"))).toBe(false);
  });
});

describe.skipIf(process.platform === "win32")("^C at any moment leaves no process and no half of a notebook", () => {
  test.each([0, 150, 300, 500, 800, 1200, 1700, 2300, 3000, 4000])("%d ms after the start", async (time) => {
    await write("loop.ipynb", '"first"', "await new Promise((resolve) => setTimeout(resolve, 1000));", "for (;;) {}");
    const before = await readFile(join(root, "loop.ipynb"), "utf8");
    const running = startCommand(["run", "loop.ipynb", "--inplace"], { cwd: root });
    await delay(time);
    running.kill("SIGINT");
    const { code, signal } = await running.ended;
    expect(code === 130 || signal === "SIGINT", `${code} ${signal}`).toBe(true);
    const after = await readFile(join(root, "loop.ipynb"), "utf8");
    if (after !== before) expect((await outputsOf(join(root, "loop.ipynb"))).length).toBe(3);
    expect((await readdir(root)).sort()).toEqual(["loop.ipynb"]);
  });

  test("twice, the second one while the first is still being obeyed", async () => {
    // The first is saved at once, and the second would be in a moment.
    await write("loop.ipynb", '"first"', '"second"', "for (;;) {}");
    const running = startCommand(["run", "loop.ipynb", "-o", "out.ipynb"], { cwd: root });
    await running.wrote("2/3");
    running.kill("SIGINT");
    running.kill("SIGTERM");
    expect([130, 143]).toContain((await running.ended).code);
    expect((await outputsOf(join(root, "out.ipynb"))).slice(0, 2)).toEqual([["'first'"], ["'second'"]]);
    expect((await readdir(root)).sort()).toEqual(["loop.ipynb", "out.ipynb"]);
  });
});

function canMakeGroup(): boolean {
  return createMemoryGroup(2 ** 30)?.remove() ?? false;
}
const canLimit = process.platform === "linux" && canMakeGroup();

describe.runIf(process.platform === "linux")("--memory-limit", () => {
  const grow = "const held: Buffer[] = [];\nfor (;;) held.push(Buffer.alloc(1 << 20, 1));";

  test("fails the cell that reaches it, and says what was held, by which process", async () => {
    await write("grow.ipynb", '"before"', grow, '"after"');
    const { code, stderr } = await cellscope("run", "grow.ipynb", "-o", "out.ipynb", "--memory-limit", "900MiB");
    expect([code, stderr]).toEqual([
      138,
      expect.stringMatching(
        /^Cell 2 of 3:[\s\S]*MemoryLimitExceeded: The kernel and its processes held .* MiB, and --memory-limit is 900\.00 MiB: (?:.*executor.* held .* of it, and was ended(?: by the system)?|the system has ended the process that held most of it)\.\n$/,
      ),
    ]);
    const [before, failed, after] = await outputsOf(join(root, "out.ipynb"));
    expect([before, failed?.at(-1), after]).toEqual([["'before'"], "MemoryLimitExceeded", []]);
  });

  test("with errors allowed, the run goes on in a kernel without the variables", async () => {
    await write("grow.ipynb", "const n = 1;", grow, "typeof n");
    const { code } = await cellscope(
      ...["run", "grow.ipynb", "-o", "out.ipynb", "--memory-limit", "900MiB", "--allow-errors"],
    );
    const [, failed, after] = await outputsOf(join(root, "out.ipynb"));
    expect([code, failed?.at(-1)]).toEqual([0, "MemoryLimitExceeded"]);
    expect(after).toHaveLength(1);
  });

  test("counts what the cell has started, and ends that", async () => {
    // Slowly enough to be seen on a busy machine before the system ends it.
    const child =
      "const held = []; const word = new Int32Array(new SharedArrayBuffer(4)); " +
      "for (;;) { held.push(Buffer.alloc(1 << 20, 1)); Atomics.wait(word, 0, 0, 2); }";
    await write(
      "child.ipynb",
      `import { spawnSync } from "node:child_process";\nspawnSync(process.execPath, ["-e", ${JSON.stringify(child)}]).signal`,
    );
    const { code, stderr } = await cellscope("run", "child.ipynb", "-o", "out.ipynb", "--memory-limit", "900MiB");
    expect([code, stderr]).toEqual([138, expect.stringMatching(/MemoryLimitExceeded: .* node -e const held = /)]);
    expect(await outputsOf(join(root, "out.ipynb"))).toEqual([["'SIGKILL'", "MemoryLimitExceeded"]]);
  });

  test("a cell that stays below it is not touched", async () => {
    await write("ok.ipynb", "Buffer.alloc(100 << 20, 1).length");
    const { code, stderr } = await cellscope("run", "ok.ipynb", "--memory-limit", "2GiB", "--report", "r.json");
    expect([code, stderr]).toEqual([0, ""]);
    const { notebooks } = JSON.parse(await readFile(join(root, "r.json"), "utf8")) as RunReport;
    // Who held it depends on what this machine allows; the kernel and all it has started are held by the same.
    const group = createMemoryGroup(2 ** 31);
    group?.remove();
    const holder = group ? `control group v${group.version}` : "watched";
    expect(notebooks[0]?.memoryLimit).toEqual({ bytes: 2 ** 31, holder });
  });

  test.runIf(canLimit)("is held by the system where it lets us, however fast a cell takes memory", async () => {
    // In one call: nobody could have looked in between.
    await write("fast.ipynb", "1", "const held = Buffer.alloc(4 * 1024 ** 3, 1);\nheld.length");
    const { code, stderr } = await cellscope("run", "fast.ipynb", "--memory-limit", "900MiB", "--report", "r.json");
    expect([code, stderr]).toEqual([138, expect.stringMatching(/MemoryLimitExceeded: The kernel and its processes/)]);
    const { notebooks } = JSON.parse(await readFile(join(root, "r.json"), "utf8")) as RunReport;
    expect(notebooks[0]?.cells[1]?.metrics.peak).toBeLessThan(1100 * 1024 ** 2);
    expect(notebooks[0]?.memoryLimit?.holder).toMatch(/^control group v[12]$/);
  });

  test.each([
    [["--memory-limit", "much"], /--memory-limit must be a size above zero, such as 500MiB or 2GB, got "much"/],
    [["--memory-limit", "0"], /--memory-limit must be a size above zero/],
    [["--memory-limit", "1GiB", "--url", "http://localhost:1/"], /--memory-limit is for kernels on this machine/],
    [["--output-limit", "-1"], /--output-limit must be a size above zero/],
    [["--token-file", "token"], /--token-file is for a server/],
    [
      ["--url", "http://127.0.0.1:39999/"],
      /The server at http:\/\/127\.0\.0\.1:39999\/ does not answer as a Jupyter server: .*ECONNREFUSED/,
    ],
  ])("misuse: %j", async (args, message) => {
    await write("ok.ipynb", "1");
    const { code, stderr } = await cellscope("run", "ok.ipynb", ...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
