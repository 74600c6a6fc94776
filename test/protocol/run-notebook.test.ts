// The runner and its transport, against a kernel process over the echo interpreter.
import { access, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { KernelStartError } from "../../runner/errors.js";
import type { KernelLaunch } from "../../runner/kernel-process.js";
import type { CodeCell, Notebook } from "../../runner/nbformat.js";
import { type RunOptions, type RunResult, runNotebook } from "../../runner/run-notebook.js";
import { ZmqKernel } from "../../runner/zmq-kernel.js";
import { buildEchoProgram, type EchoProgram } from "../support/build-echo-program.js";

let program: EchoProgram;
let runtime: string;

beforeAll(async () => {
  program = await buildEchoProgram();
});
afterAll(() => program.remove());
beforeEach(async () => {
  runtime = await mkdtemp(join(tmpdir(), "cellscope-test-"));
  vi.stubEnv("JUPYTER_RUNTIME_DIR", runtime);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(runtime, { recursive: true });
});

const codeCell = (source: string, tags: string[] = []): CodeCell => ({
  cell_type: "code",
  id: "a",
  metadata: { tags },
  source,
  execution_count: 99,
  outputs: [{ output_type: "stream", name: "stdout", text: "of an earlier run" }],
});

const notebookOf = (...cells: (string | CodeCell)[]): Notebook => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: cells.map((cell) => (typeof cell === "string" ? codeCell(cell) : cell)),
});

const run = (notebook: Notebook, options: Partial<RunOptions> = {}): Promise<RunResult> =>
  runNotebook(notebook, { kernel: program.launch, cwd: program.directory, ...options });

/** Each cell's outputs, one text each. */
const shown = ({ cells }: Notebook): string[][] =>
  cells.map((cell) =>
    cell.cell_type !== "code"
      ? []
      : cell.outputs.map((output) => {
          if (output.output_type === "stream") return `${output.name}: ${output.text}`;
          if (output.output_type === "error") return `${output.ename}: ${output.evalue}`;
          return String(output.data["text/plain"]);
        }),
  );

const codeCells = ({ cells }: Notebook) => cells.filter((cell) => cell.cell_type === "code");

describe("a run", () => {
  test("puts the outputs of all cells into the notebook, and ends the kernel", async () => {
    const notebook = notebookOf(
      "print a\nprint b\neprint c\nresult d",
      "display-as id first",
      { cell_type: "markdown", id: "m", metadata: {}, source: "exit 1" } as unknown as CodeCell,
      "update id second\ndisplay e",
      "  \n",
    );
    const result = await run(notebook);
    expect(result.status).toBe("ok");
    expect(shown(notebook)).toEqual([
      ["stdout: ab", "stderr: c", "d"],
      ["second"],
      [],
      ["e"],
      ["stdout: of an earlier run"],
    ]);
    expect(codeCells(notebook).map((cell) => cell.execution_count)).toEqual([1, 2, 3, 99]);
    expect(await readdir(runtime)).toEqual([]);
  });

  test("notes in each cell when it ran, under the keys that nbclient uses", async () => {
    const notebook = notebookOf("print a");
    await run(notebook);
    const execution = codeCells(notebook)[0]?.metadata.execution as Record<string, string>;
    expect(Object.keys(execution).sort()).toEqual([
      "iopub.execute_input",
      "iopub.status.busy",
      "iopub.status.idle",
      "shell.execute_reply",
    ]);
    for (const date of Object.values(execution)) expect(new Date(date).toISOString()).toBe(date);
  });

  test("tells each step in order", async () => {
    const steps: string[] = [];
    await run(notebookOf("print a", "display b"), {
      onKernelReady: () => steps.push("ready"),
      onCellStart: ({ number }) => steps.push(`start ${number}`),
      onOutput: (output) => steps.push(output.output_type),
      onCellEnd: ({ number, status }) => steps.push(`end ${number} ${status}`),
      onEnd: () => steps.push("end"),
    });
    expect(steps).toEqual(["ready", "start 1", "stream", "end 1 ok", "start 2", "display_data", "end 2 ok", "end"]);
  });

  test("gives late output to the cell that caused it", async () => {
    const notebook = notebookOf("later gate late\nprint early-", "release gate", "print other");
    await run(notebook);
    expect(shown(notebook)).toEqual([["stdout: early-late"], [], ["stdout: other"]]);
  });

  test("says in the metadata which kernel ran it, and keeps what was said before", async () => {
    const fresh = notebookOf("print a");
    await run(fresh);
    expect(fresh.metadata).toMatchObject({
      kernelspec: { name: "echo", display_name: "Echo", language: "echo" },
      language_info: { name: "typescript", version: "6.0.3" },
    });
    const named = { ...notebookOf("print a"), metadata: { kernelspec: { name: "tslab" } } };
    await run(named);
    expect(named.metadata.kernelspec).toEqual({ name: "tslab" });
  });

  test("a slow save holds up no cell, and the next one keeps what has ended meanwhile", async () => {
    const steps: string[] = [];
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    await run(notebookOf("print a", "print b", "print c"), {
      onCellEnd: ({ number }) => {
        steps.push(`end ${number}`);
        if (number === 3) release();
      },
      save: async (notebook) => {
        const cells = shown(notebook).flat().length;
        steps.push(`save ${cells}`);
        await slow;
        steps.push(`saved ${cells}`);
      },
    });
    expect(steps.slice(0, 5)).toEqual(["save 1", "end 1", "end 2", "end 3", "saved 1"]);
    expect(steps.slice(-2)).toEqual(["save 3", "saved 3"]);
  });

  test("ends with the next cell when it cannot be saved", async () => {
    const started: number[] = [];
    const save = async () => {
      throw new Error("the disk is full");
    };
    const onCellStart = ({ number }: { number: number }) => started.push(number);
    const notebook = notebookOf("print a", "print b", "print c");
    await expect(run(notebook, { save, onCellStart })).rejects.toThrow("the disk is full");
    expect(started).toEqual([1, 2]);
  });

  test("passes on what save throws, and ends the kernel all the same", async () => {
    const save = () => {
      throw new Error("the disk is full");
    };
    await expect(run(notebookOf("print a"), { save })).rejects.toThrow("the disk is full");
    expect(await readdir(runtime)).toEqual([]);
  });
});

describe("a cell that fails", () => {
  test("ends the run; what follows has no outputs of an earlier one", async () => {
    const notebook = notebookOf("print a", "throw boom", "print b");
    const result = await run(notebook);
    expect([result.status, result.failed?.number, result.failed?.error?.evalue]).toEqual(["error", 2, "boom"]);
    expect(shown(notebook)).toEqual([["stdout: a"], ["Error: boom"], []]);
  });

  test("does not end a run that allows errors", async () => {
    const notebook = notebookOf("throw boom", "print b");
    const result = await run(notebook, { allowErrors: true });
    expect([result.status, result.cells.map(({ status }) => status)]).toEqual(["ok", ["error", "ok"]]);
    expect(shown(notebook)).toEqual([["Error: boom"], ["stdout: b"]]);
  });

  test("does not end the run when its tag says that it fails", async () => {
    const result = await run(notebookOf(codeCell("throw boom", ["raises-exception"]), "print b"));
    expect([result.status, result.cells.map(({ status }) => status)]).toEqual(["ok", ["error", "ok"]]);
  });

  test("is not run at all when its tag says so", async () => {
    const notebook = notebookOf(codeCell("throw boom", ["skip-execution"]), "print b");
    expect((await run(notebook)).status).toBe("ok");
    expect(shown(notebook)).toEqual([["stdout: of an earlier run"], ["stdout: b"]]);
  });
});

describe("a kernel that ends in the middle of a cell", () => {
  test("leaves its reason, its last words and what was shown before in the notebook", async () => {
    const notebook = notebookOf("print a", "exit 3", "print b");
    const result = await run(notebook, { allowErrors: true });
    expect([result.status, result.failed?.number]).toEqual(["died", 2]);
    expect(shown(notebook)).toEqual([["stdout: a"], ["KernelDied: The kernel died: exit code 3."], []]);
    expect(result.failed?.error?.traceback).toEqual(["last words", "KernelDied: The kernel died: exit code 3."]);
    expect(await readdir(runtime)).toEqual([]);
  });

  test("is told as hung when it is stopped and its heartbeat is watched", async () => {
    const notebook = notebookOf("stop");
    const result = await run(notebook, { kernel: { ...program.launch, heartbeatLimit: 500 } });
    expect(result.status).toBe("died");
    expect(shown(notebook)).toEqual([
      ["KernelDied: The kernel hangs: it has not answered its heartbeat for 0.5 s, and was ended."],
    ]);
  });
});

test("a run that is given up interrupts its cell and runs no other", async () => {
  const controller = new AbortController();
  const notebook = notebookOf("block", "print b");
  const result = await run(notebook, {
    signal: controller.signal,
    allowErrors: true,
    onCellStart: () => controller.abort(),
  });
  expect([result.status, result.cells.map(({ status }) => status)]).toEqual(["interrupted", ["interrupted"]]);
  expect(shown(notebook)).toEqual([["Interrupted: the cell was interrupted"], []]);
});

describe("a kernel that does not start", () => {
  const node = (script: string): KernelLaunch => ({ ...program.launch, argv: [process.execPath, "-e", script] });

  test("is told with its reason and its last words", async () => {
    const start = run(notebookOf(), { kernel: node('console.error("no luck"); process.exit(4)') });
    await expect(start).rejects.toThrow(/did not start\. The kernel died: exit code 4\.\n {2}no luck$/);
  });

  test("because its program is not there, is told as that", async () => {
    const start = run(notebookOf(), { kernel: { ...program.launch, argv: ["/no/such/program"] } });
    await expect(start).rejects.toThrow(/^The kernel "echo" cannot be started: \/no\/such\/program: .*ENOENT/);
  });

  test("because it never answers, is told so and ended", async () => {
    const start = run(notebookOf(), { kernel: node("setInterval(() => {}, 1000)"), startTimeout: 500 });
    await expect(start).rejects.toThrow(/runs, but did not answer within 0\.5 s\.$/);
    expect(await readdir(runtime)).toEqual([]);
  });

  test("can be given up while it starts", async () => {
    const start = run(notebookOf(), { kernel: node("setInterval(() => {}, 1000)"), signal: AbortSignal.timeout(100) });
    await expect(start).rejects.not.toThrow(KernelStartError);
    expect(await readdir(runtime)).toEqual([]);
  });

  test("is started again on other ports when one of them was taken in between", async () => {
    const tried = join(program.directory, "tried");
    const wrapper = join(program.directory, "clash.mjs");
    await writeFile(
      wrapper,
      `import { existsSync, writeFileSync } from "node:fs";
      if (!existsSync(${JSON.stringify(tried)})) {
        writeFileSync(${JSON.stringify(tried)}, "");
        console.error("Error: Address already in use");
        process.exit(1);
      }
      await import("./echo.mjs");`,
    );
    const kernel = { ...program.launch, argv: [process.execPath, wrapper, "{connection_file}"] };
    expect((await run(notebookOf("print a"), { kernel })).status).toBe("ok");
    await access(tried);
  });
});

describe("ZmqKernel", () => {
  const start = () => ZmqKernel.start(program.launch, { cwd: program.directory });

  test("keeps the connection file to its owner while the kernel runs", async () => {
    const kernel = await start();
    try {
      const [file = ""] = await readdir(runtime);
      expect(file).toMatch(/^kernel-[\w-]+\.json$/);
      expect((await stat(join(runtime, file))).mode & 0o777).toBe(0o600);
    } finally {
      await kernel.shutdown();
    }
    expect(await readdir(runtime)).toEqual([]);
  });

  test("answers on its heartbeat, and again after a restart, as another process", async () => {
    const kernel = await start();
    try {
      expect(await kernel.ping(5000)).toBe(true);
      const before = kernel.pid;
      await kernel.restart();
      expect(kernel.pid).not.toBe(before);
      expect(await kernel.ping(5000)).toBe(true);
    } finally {
      await kernel.shutdown();
    }
  });
});
