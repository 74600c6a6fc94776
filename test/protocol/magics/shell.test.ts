import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Outcome } from "../../../kernel/interpreter.js";
import { withMagics } from "../../../magics/dispatch/with-magics.js";
import { shell } from "../../../magics/shell.js";
import { createRecording, noProbe } from "../../support/recording-interpreter.js";

function open() {
  const recording = createRecording();
  const { interpreter, ...rest } = recording;
  const wrapped = withMagics(interpreter, { shell }, { probe: noProbe });
  return { ...rest, wrapped, run: (code: string) => wrapped.execute(code, recording.output, { executionCount: 1 }) };
}

/** The text of one stream; chunks arrive as they please. */
function textOf(log: readonly string[], stream: "stdout" | "stderr"): string {
  return log
    .filter((entry) => entry.startsWith(`${stream} `))
    .map((entry) => entry.slice(stream.length + 1))
    .join("");
}

async function run(
  code: string,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly outcome: Outcome }> {
  const { run, log } = open();
  const outcome = await run(code);
  return { stdout: textOf(log, "stdout"), stderr: textOf(log, "stderr"), outcome };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // There is none, which is the answer.
    return false;
  }
}

describe.skipIf(process.platform === "win32")("a command", () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    ["!echo one; echo two >&2", "one\n", "two\n"],
    ['!echo "don\'t" | tr a-z A-Z', "DON'T\n", ""],
    ["!echo one \\\n  two", "one two\n", ""],
    ["%shell echo -n $((6 * 7))", "42", ""],
    ["%sh echo a", "a\n", ""],
    ["!exit 3", "", "exit code 3\n"],
    ["!kill -TERM $$", "", "ended by SIGTERM\n"],
    ["!cat; echo nothing to read", "nothing to read\n", ""],
    ["!printf '\\303'; sleep 0.05; printf '\\251\\n'", "é\n", ""],
    ["%%sh\nfor i in 1 2; do\n  echo $i\ndone", "1\n2\n", ""],
    ["%%sh --no-raise-error\nexit 4", "", "exit code 4\n"],
  ])("%j", async (code, stdout, stderr) => {
    expect(await run(code)).toEqual({ stdout, stderr, outcome: { status: "ok" } });
  });

  test("counts its lines from the top of the cell", async () => {
    vi.stubEnv("SHELL", "/bin/sh");
    const { stdout } = await run("const a = 1\n\n%shell echo $LINENO");
    expect(stdout === "3\n" || stdout === "\n").toBe(true);
  });

  test("in a cell of its own fails the cell when it fails", async () => {
    expect((await run("%%sh\necho one\nexit 3\n")).outcome).toEqual({
      status: "error",
      error: {
        ename: "ShellError",
        evalue: "the script failed: exit code 3",
        traceback: ["ShellError: the script failed: exit code 3"],
      },
    });
  });

  test("that does not exist is named by the shell, and the cell goes on", async () => {
    const { stderr, outcome } = await run("!no-such-command-anywhere");
    expect(stderr).toMatch(/no-such-command-anywhere.*not found.*\nexit code 127\n$/s);
    expect(outcome).toEqual({ status: "ok" });
  });

  test.each(["/usr/sbin/nologin", ""])("goes to /bin/sh when the user's shell is %j", async (path) => {
    vi.stubEnv("SHELL", path);
    expect((await run("!echo $0")).stdout).toMatch(/^(\/bin\/)?sh\n$/);
  });

  test("that is too long for a shell is refused", async () => {
    expect((await run(`%%sh\n: ${"x".repeat(3_000_000)}`)).outcome).toMatchObject({
      status: "error",
      error: { ename: "UsageError", evalue: expect.stringMatching(/^The shell cannot be given 3000\d+ characters/) },
    });
  });

  test("prints 200,000 lines without losing one", async () => {
    const { stdout } = await run("!seq 200000");
    const lines = stdout.split("\n");
    expect(lines).toHaveLength(200_001);
    expect(lines.slice(-2)).toEqual(["200000", ""]);
  });

  test("shows what it prints while it runs", async () => {
    const directory = await mkdtemp(join(tmpdir(), "cellscope-shell-"));
    try {
      const { run, log } = open();
      const ended = run(`!echo first; while [ ! -e '${directory}/go' ]; do sleep 0.01; done; echo second`);
      await expect.poll(() => textOf(log, "stdout"), { timeout: 5000 }).toBe("first\n");
      await run(`!touch '${directory}/go'`);
      await ended;
      expect(textOf(log, "stdout")).toBe("first\nsecond\n");
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test("runs where the cells are", async () => {
    const { interpreter, output, log } = createRecording();
    const current = await realpath(tmpdir());
    const wrapped = withMagics({ ...interpreter, directory: () => ({ current }) }, { shell }, { probe: noProbe });
    await wrapped.execute("!pwd", output, { executionCount: 1 });
    expect(textOf(log, "stdout")).toBe(`${current}\n`);
  });

  test.each([
    ["waits", "sleep 600"],
    ["has closed its output", "exec >&- 2>&-; sleep 600"],
    ["does not want to end", "trap '' INT TERM; while :; do sleep 0.05; done"],
  ])("that %s is ended by an interrupt, with all its processes", async (_, script) => {
    const { run, wrapped, log } = open();
    const ended = run(`!sleep 600 & echo $$ $!; ${script}`);
    await expect.poll(() => textOf(log, "stdout"), { timeout: 5000 }).toMatch(/^\d+ \d+\n$/);
    const pids = textOf(log, "stdout").trim().split(" ").map(Number);
    await wrapped.interrupt();
    expect(await ended).toMatchObject({ status: "error", error: { ename: "Interrupted" } });
    await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([]);
  });

  test("left in the background does not hold up the cell, goes on printing, and ends with the kernel", async () => {
    const { run, wrapped, log } = open();
    const outcome = await run("!(while :; do echo tick; sleep 0.02; done) & echo $!");
    expect(outcome).toEqual({ status: "ok" });
    const pid = Number(/^\d+$/m.exec(textOf(log, "stdout"))?.[0]);
    const printed = log.length;
    await expect.poll(() => log.length, { timeout: 5000 }).toBeGreaterThan(printed);
    expect(isAlive(pid)).toBe(true);
    await wrapped.close();
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });
});
