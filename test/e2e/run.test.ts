import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CellMetrics, RunReport } from "../../report/run-report.js";
import { formatNotebook, type Notebook, parseNotebook } from "../../runner/nbformat.js";
import { runCommand, startCommand } from "../support/command-line.js";
import { notebookOf } from "../support/notebook-of.js";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellscope-test-"));
});
afterEach(() => rm(root, { recursive: true }));

async function write(name: string, ...sources: string[]): Promise<void> {
  await writeFile(join(root, name), notebookOf(sources));
}

async function read(name: string): Promise<Notebook> {
  const text = await readFile(join(root, name), "utf8");
  const notebook = parseNotebook(text, name);
  expect(formatNotebook(notebook)).toBe(text);
  return notebook;
}

const outputsOf = ({ cells }: Notebook) =>
  cells.map((cell) =>
    cell.cell_type !== "code"
      ? []
      : cell.outputs.map((output) => {
          if (output.output_type === "stream") return output.text;
          if (output.output_type === "error") return output.ename;
          return output.data["text/plain"];
        }),
  );

const cellscope = (...args: string[]) => runCommand(args, { cwd: root });

/** The processes whose command line or working directory belongs to this test. */
function processesOfThisTest(): string {
  return execFileSync("sh", ["-c", `ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -F '${root}' || true`], {
    encoding: "utf8",
  });
}

describe("a notebook that runs well", () => {
  beforeEach(() =>
    write(
      "ok.ipynb",
      'import { basename } from "node:path";\nconst folder: string = basename(process.cwd());\nconsole.log("hello")',
      "folder",
      "await Promise.resolve(21 * 2)",
    ),
  );

  test("is written with its outputs, in the notebook's own directory, by the kernel of this installation", async () => {
    const { code, stderr } = await cellscope("run", "ok.ipynb", "-o", "out.ipynb");
    expect([code, stderr]).toEqual([0, ""]);
    const notebook = await read("out.ipynb");
    expect(outputsOf(notebook)).toEqual([["hello\n"], [`'${root.split("/").at(-1)}'`], ["42"]]);
    expect(notebook.metadata).toMatchObject({
      kernelspec: { name: "cellscope", language: "typescript" },
      language_info: { name: "typescript", file_extension: ".ts" },
    });
    expect(notebook.cells.map((cell) => cell.cell_type === "code" && cell.execution_count)).toEqual([1, 2, 3]);
  });

  test("is logged with one line a cell, and a summary", async () => {
    const { stdout } = await cellscope("run", "ok.ipynb");
    expect(stdout.replace(/\d+\.\d\d s/g, "0.00 s").replace(/ +/g, " ")).toBe(
      [
        '1/3 0.00 s import { basename } from "node:path";',
        "2/3 0.00 s folder",
        "3/3 0.00 s await Promise.resolve(21 * 2)",
        "3 cells in 0.00 s. The outputs were not kept: give -o FILE to keep them.",
        "",
      ].join("\n"),
    );
  });

  test("goes to standard output alone when asked to", async () => {
    const { code, stdout, stderr } = await cellscope("run", "ok.ipynb", "-o", "-");
    expect(code).toBe(0);
    expect(outputsOf(parseNotebook(stdout, "stdout"))[2]).toEqual(["42"]);
    expect(stderr).toMatch(/3 cells in/);
  });

  test("stays as it is when no output is asked for", async () => {
    const before = await readFile(join(root, "ok.ipynb"), "utf8");
    await cellscope("run", "ok.ipynb");
    expect(await readFile(join(root, "ok.ipynb"), "utf8")).toBe(before);
  });
});

describe("a notebook with a cell that fails", () => {
  beforeEach(() => write("bad.ipynb", "1 + 1", 'throw new Error("boom")', "2 + 2"));

  test("ends with 1, its traceback on standard error, and is kept up to there", async () => {
    const { code, stderr } = await cellscope("run", "bad.ipynb", "-o", "out.ipynb");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Cell 2 of 3:\n[\s\S]*Error: boom\n$/);
    expect(stderr).not.toContain("\x1b");
    expect(outputsOf(await read("out.ipynb"))).toEqual([["2"], ["Error"], []]);
  });

  test("goes on and ends with 0 when errors are allowed", async () => {
    const { code, stderr } = await cellscope("run", "bad.ipynb", "-o", "out.ipynb", "--allow-errors");
    expect([code, stderr]).toEqual([0, ""]);
    expect(outputsOf(await read("out.ipynb"))).toEqual([["2"], ["Error"], ["4"]]);
  });
});

test("a type error is an error of its cell", async () => {
  await write("types.ipynb", 'const n: number = "text";');
  const { code, stderr } = await cellscope("run", "types.ipynb");
  expect(code).toBe(1);
  expect(stderr).toMatch(/Type 'string' is not assignable to type 'number'/);
});

test("a cell that ends the process ends the run with 138 and the true reason", async () => {
  await write("exit.ipynb", "1", 'console.log("before"); process.exit(3)', "2");
  const { code, stderr } = await cellscope("run", "exit.ipynb", "-o", "out.ipynb");
  expect(code).toBe(138);
  expect(stderr).toMatch(/exit code 3/);
  const [, died, next] = outputsOf(await read("out.ipynb"));
  expect(died).toEqual(["before\n", expect.stringMatching(/Died$/)]);
  expect(next).toEqual([]);
});

describe("a run that is ended from outside", () => {
  beforeEach(() => write("loop.ipynb", '"first"', "for (;;) {}", '"never"'));

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s stops a busy cell, saves, ends with %d and leaves no process", async (signal, expected) => {
    const command = startCommand(["run", "loop.ipynb", "-o", "out.ipynb"], { cwd: root });
    await command.wrote("1/3");
    command.kill(signal);
    const { code, stdout } = await command.ended;
    expect(code).toBe(expected);
    expect(stdout).toMatch(/Interrupted in cell 2 of 3/);
    const outputs = outputsOf(await read("out.ipynb"));
    expect(outputs[0]).toEqual(["'first'"]);
    expect(outputs[2]).toEqual([]);
    expect(processesOfThisTest()).toBe("");
  });

  test.runIf(process.platform === "linux")("by SIGKILL leaves no process behind", async () => {
    const command = startCommand(["run", "loop.ipynb"], { cwd: root });
    await command.wrote("1/3");
    expect(processesOfThisTest()).not.toBe("");
    command.kill("SIGKILL");
    await command.ended;
    await vi.waitFor(() => expect(processesOfThisTest()).toBe(""), { timeout: 10_000, interval: 100 });
  });
});

describe("misuse ends with 2 and says what would be right", () => {
  test.each([
    [["run"], /missing required argument 'notebooks'/],
    [["run", "ok.ipynb", "no.ipynb"], /There is no file no\.ipynb\./],
    [["run", "ok.ipynb", "v3.ipynb", "-o", "out.ipynb"], /-o out\.ipynb is for one notebook, and these are 2/],
    [["run", "*.nothing"], /No notebook \(\*\.ipynb\) fits the pattern/],
    [["run", "ok.ipynb", "-p", "rows"], /-p rows needs a value/],
    [["run", "ok.ipynb", "-p", "rows", "1"], /takes no parameters, and was given rows/],
    [["run", "ok.ipynb", "--report", "r.csv"], /--report must end in \.json, \.arrow, \.xml or \.tap/],
    [["run", "ok.ipynb", "--update-baseline"], /--update-baseline needs --baseline/],
    [["run", "no.ipynb"], /There is no file no\.ipynb\./],
    [["run", "text.ipynb"], /not JSON: line 1, column 1: expected a value, got "hello"/],
    [["run", "v3.ipynb"], /format 3; formats 4\.0 to 4\.5 can be run/],
    [["run", "ok.ipynb", "-o", "nowhere/out.ipynb"], /nowhere\/out\.ipynb cannot be written/],
    [["run", "ok.ipynb", "--kernel", "no-such-kernel"], /No kernel named "no-such-kernel" is installed/],
    [["run", "ok.ipynb", "--timeoute", "1"], /unknown option '--timeoute'/],
  ])("%j", async (args, message) => {
    await write("ok.ipynb", "1");
    await writeFile(join(root, "text.ipynb"), "hello");
    await writeFile(join(root, "v3.ipynb"), '{"nbformat":3,"nbformat_minor":0,"worksheets":[]}');
    const { code, stdout, stderr } = await cellscope(...args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("several notebooks", () => {
  test("are found in a folder, run side by side, and kept below a folder of outputs", async () => {
    await write("a.ipynb", "1 + 1");
    await write("b.ipynb", 'throw new Error("boom")');
    const { code, stdout, stderr } = await cellscope("run", ".", "--output-dir", "kept", "--jobs", "2");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^OK {9} {2}a\.ipynb {2}1 cell in /m);
    expect(stdout).toMatch(/^ERROR {6} {2}b\.ipynb {2}Cell 1 of 1 failed/m);
    expect(stdout).toMatch(/2 notebooks in .*, 1 failed\.\n$/);
    expect(stderr).toMatch(/^b\.ipynb: Cell 1 of 1:[\s\S]*Error: boom\n$/);
    expect(outputsOf(await read("kept/a.ipynb"))).toEqual([["2"]]);
    expect(outputsOf(await read("kept/b.ipynb"))).toEqual([["Error"]]);
  });
});

test("parameters are set with the types that the notebook declares, and recorded as papermill does", async () => {
  await write("p.ipynb", "const rows: number = 10;\nlet names: string[] = [];", "[rows, names]");
  const notebook = await read("p.ipynb");
  (notebook.cells[0] as { metadata: unknown }).metadata = { tags: ["parameters"] };
  await writeFile(join(root, "p.ipynb"), formatNotebook(notebook));
  const good = await cellscope("run", "p.ipynb", "-p", "rows", "5", "-y", "names: [a]", "-o", "out.ipynb");
  expect([good.code, good.stderr]).toEqual([0, ""]);
  const out = await read("out.ipynb");
  expect(outputsOf(out)).toEqual([[], [], ["[ 5, [ 'a' ] ]"]]);
  expect(out.metadata.papermill).toMatchObject({
    default_parameters: { rows: 10 },
    parameters: { rows: 5, names: ["a"] },
  });
  const wrong = await cellscope("run", "p.ipynb", "-p", "rows", "many");
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toMatch(/Type 'string' is not assignable to type 'number'/);
  const unknown = await cellscope("run", "p.ipynb", "-p", "row", "5");
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    "cellscope: p.ipynb has no parameter row; these are: rows, names.\n",
  ]);
});

test("a cell that runs out of its time ends the run with 124, and the notebook says so", async () => {
  await write("slow.ipynb", "1", "for (;;) {}", "2");
  const notebook = await read("slow.ipynb");
  (notebook.cells[1] as { metadata: unknown }).metadata = { tags: ["timeout=1"] };
  await writeFile(join(root, "slow.ipynb"), formatNotebook(notebook));
  const { code, stderr } = await cellscope("run", "slow.ipynb", "--timeout", "50", "-o", "out.ipynb");
  expect(code).toBe(124);
  expect(stderr).toMatch(/CellTimeoutError: The cell ran longer than 1 s \(its tag\), and was stopped\./);
  expect(outputsOf(await read("out.ipynb")).map((texts) => texts.at(-1))).toEqual(["1", "CellTimeoutError", undefined]);
});

test("%sysinfo --path measures the way to the runner, as to every front end", async () => {
  await write("path.ipynb", "%sysinfo --path");
  const { code, stderr } = await cellscope("run", "path.ipynb", "-o", "out.ipynb");
  expect([code, stderr]).toEqual([0, ""]);
  const [[path] = []] = outputsOf(await read("out.ipynb"));
  expect(path).toMatch(/│ [\d.]+ (?:µs|ms) there and back/);
  expect(path).not.toMatch(/not answered within/);
});

describe("--retries", () => {
  const source =
    'import { appendFileSync, readFileSync } from "node:fs";\nappendFileSync("tries", "x");\nif (readFileSync("tries", "utf8").length < 3) throw new TypeError("not yet");';
  const writeFlaky = async (tags: readonly string[]) => {
    const notebook = parseNotebook(notebookOf(["1", source]), "flaky");
    notebook.metadata.tags = tags;
    await writeFile(join(root, "flaky.ipynb"), formatNotebook(notebook));
  };

  test("tries a flaky notebook again, each time from the beginning, and tells of every attempt", async () => {
    await writeFlaky(["flaky"]);
    const { code, stdout, stderr } = await cellscope(
      ...["run", "flaky.ipynb", "--retries", "5", "-o", "out.ipynb", "--report", "r.json"],
    );
    expect([code, stderr.match(/^TypeError: not yet$/gm)?.length]).toEqual([0, 2]);
    expect(stdout.match(/^Attempt \d: .*failed/gm)).toEqual([
      "Attempt 1: Cell 2 of 2 failed",
      "Attempt 2: Cell 2 of 2 failed",
    ]);
    expect(stdout).toContain(" Attempts: 3. Saved to out.ipynb");
    const [notebook] = (JSON.parse(await readFile(join(root, "r.json"), "utf8")) as RunReport).notebooks;
    const told = [...(notebook?.earlierAttempts ?? []), notebook].map((attempt) => [
      attempt?.status,
      ...(attempt?.cells ?? []).map(({ status }) => status),
    ]);
    expect(told).toEqual([
      ["error", "ok", "error"],
      ["error", "ok", "error"],
      ["ok", "ok", "ok"],
    ]);
    expect(outputsOf(await read("out.ipynb"))).toEqual([["1"], []]);
  });

  test("tells of every attempt in a log for machines, each line with run, notebook and attempt", async () => {
    await writeFlaky(["flaky"]);
    const { code, stdout } = await cellscope("run", "flaky.ipynb", "--retries", "1", "--log-format", "json");
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect([code, new Set(lines.map(({ run }) => run)).size]).toEqual([1, 1]);
    expect(lines.slice(0, -1).every(({ notebook }) => notebook === "flaky.ipynb")).toBe(true);
    const ends = lines.filter(({ event }) => event === "attempt_end" || event === "notebook_end");
    expect(ends).toEqual([
      expect.objectContaining({ event: "attempt_end", attempt: 1, status: "error", failed_cell: 2 }),
      expect.objectContaining({ event: "notebook_end", attempt: 2, status: "error", failed_cell: 2 }),
    ]);
    for (const line of lines.filter(({ event }) => /^cell_/.test(String(event)))) {
      expect(line).toMatchObject({
        cell: expect.any(Number),
        cell_id: expect.stringMatching(/^cell-/),
        attempt: expect.any(Number),
      });
    }
  });

  test("leaves a notebook that is not said to be flaky alone", async () => {
    await writeFlaky([]);
    const { code } = await cellscope("run", "flaky.ipynb", "--retries", "5");
    expect([code, await readFile(join(root, "tries"), "utf8")]).toEqual([1, "x"]);
  });
});

test.runIf(process.platform === "linux")(
  "a cell that takes more memory than before or than its budget fails the run with 3",
  async () => {
    const take = (mebibytes: number) => write("mem.ipynb", "1", `Buffer.alloc(${mebibytes} << 20, 1).length`);
    await take(50);
    const first = await cellscope("run", "mem.ipynb", "--baseline", "base.json", "--update-baseline");
    expect([first.code, first.stderr]).toEqual([0, ""]);
    await take(150);
    const second = await cellscope("run", "mem.ipynb", "--baseline", "base.json", "--summary", "summary.md");
    expect(second.code).toBe(3);
    expect(second.stderr).toMatch(
      /^WORSE {3}mem\.ipynb cell 2 \(Buffer.*\): increment 5\d\.\d\d MiB → 15\d\.\d\d MiB/m,
    );
    expect(await readFile(join(root, "summary.md"), "utf8")).toMatch(/## 1 notebook in .*, all well/);
    await writeFile(join(root, "cellscope.json"), '{"budgets":[{"everyCell":{"increment":"100MiB"}}]}');
    const third = await cellscope("run", "mem.ipynb");
    expect(third.code).toBe(3);
    expect(third.stderr).toMatch(/^OVER BUDGET {2}mem\.ipynb cell 2 .*: increment 15\d\.\d\d MiB, limit 100\.00 MiB/m);
  },
);

describe("V8's memory around each cell", () => {
  const sources = [
    "const held = [new ArrayBuffer(30 * 1024 ** 2)];\nheld.length",
    "let texts = Array.from({ length: 300_000 }, (_, at) => ({ at }));\nfor (let i = 0; i < 20; i++) texts = texts.map(({ at }) => ({ at: at + 1 }));\ntexts.length",
    "%pwd",
    "%%memprofile\nheld.push(new ArrayBuffer(10 * 1024 ** 2));",
    "for (;;) {}",
  ];
  const mebibyte = 1024 * 1024;

  test("is in the metadata of the notebook and in the reports", async () => {
    await write("heap.ipynb", ...sources);
    await cellscope(
      ...["run", "heap.ipynb", "-o", "out.ipynb", "--timeout", "15", "--summary", "s.md"],
      ...["--report", "r.json", "--report", "r.arrow"],
    );
    const { cells } = await read("out.ipynb");
    const [held, texts, none, profiled, stopped] = cells.map(({ metadata }) => metadata.cellscope as CellMetrics);
    expect(Math.round((held?.arrayBuffersKept ?? 0) / mebibyte)).toBe(30);
    expect(held?.arrayBuffers).toBeGreaterThanOrEqual(30 * mebibyte);
    expect(texts?.gcCount).toBeGreaterThan(0);
    expect(texts?.gcTime).toBeGreaterThan(0);
    expect(texts?.heapKept).toBeGreaterThan(3 * mebibyte);
    expect(texts?.heapUsed).toBeGreaterThan(texts?.heapKept ?? Infinity);
    expect(none).not.toHaveProperty("heapUsed");
    expect(Math.round((profiled?.arrayBuffersKept ?? 0) / mebibyte)).toBe(10);
    // It forces collections before and after the code.
    expect(profiled?.gcCount).toBeGreaterThan(1);
    expect(stopped).not.toHaveProperty("gcTime");

    const report = JSON.parse(await readFile(join(root, "r.json"), "utf8")) as RunReport;
    expect(report.notebooks[0]?.cells.map(({ metrics }) => metrics)).toEqual([held, texts, none, profiled, stopped]);
    const table = tableFromIPC(await readFile(join(root, "r.arrow")));
    const column = (name: string): unknown[] => [...(table.getChild(name) ?? [])];
    expect(column("arrayBuffers")).toEqual([
      held?.arrayBuffers,
      texts?.arrayBuffers,
      null,
      profiled?.arrayBuffers,
      null,
    ]);
    expect(column("gcTime")[1]).toBe(texts?.gcTime);
    expect(await readFile(join(root, "s.md"), "utf8")).toMatch(/\| Kept \| Heap \| ArrayBuffers \| GC \|/);
  });
});
