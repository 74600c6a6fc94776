// Notebooks as tests: outputs compared with the stored ones, and what CI systems read.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CellOutput, formatNotebook, type Notebook } from "../../runner/nbformat.js";
import { runCommand } from "../support/command-line.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellscope-test-"));
});
afterEach(() => rm(root, { recursive: true }));

// The tests may themselves run on GitHub.
const cellscope = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCommand(["run", ...args], { cwd: root, env: { GITHUB_ACTIONS: undefined, ...env } });

interface StoredCell {
  readonly source: string;
  readonly shown?: string;
  readonly tags?: readonly string[];
}

/** A notebook that was run before: each cell printed `shown`. */
async function write(name: string, cells: readonly StoredCell[]): Promise<void> {
  const notebook: Notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: cells.map(({ source, shown, tags = [] }, index) => ({
      cell_type: "code" as const,
      id: `cell-${index}`,
      metadata: { tags },
      source,
      execution_count: shown === undefined ? null : index + 1,
      outputs: shown === undefined ? [] : [{ output_type: "stream", name: "stdout", text: shown } satisfies CellOutput],
    })),
  };
  await writeFile(join(root, name), formatNotebook(notebook));
}

describe("--compare", () => {
  beforeEach(() =>
    write("n.ipynb", [
      {
        source: 'console.log("took", process.uptime().toFixed(3), "s in", process.cwd());',
        shown: "took 1.5 s in /home/you/n\n",
      },
      { source: 'console.log("seed", 42);', shown: "seed 17\n", tags: ["nbval-check-output"] },
      { source: "// NBVAL_IGNORE_OUTPUT\nconsole.log(Math.random());", shown: "0.5\n" },
      { source: 'console.log("never run before");' },
    ]),
  );
  const difference = [
    'DIFFERS  n.ipynb cell 2 (console.log("seed", 42);):',
    "  stdout:",
    "    - seed 17",
    "    + seed 42",
    "    ?      ^^",
  ];

  test("says of each of several notebooks whether it differs", async () => {
    await write("same.ipynb", [{ source: 'console.log("same");', shown: "same\n" }]);
    const { stdout } = await cellscope(["n.ipynb", "same.ipynb", "--compare-tagged", "--jobs", "1"]);
    expect(stdout.replace(/[\d.]+ s\b/g, "T")).toBe(
      [
        "DIFFERS      n.ipynb  4 cells in T. 1 cell differs.",
        "OK           same.ipynb  1 cell in T.",
        "2 notebooks in T, 0 failed, 1 differs.",
        "",
      ].join("\n"),
    );
    const { stdout: log } = await cellscope(["n.ipynb", "--compare-tagged", "--log-format", "json"]);
    const ends = log.split("\n").filter((line) => line.includes("notebook_end"));
    expect(ends.map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: "error", status: "differs", different_cells: 1 }),
    ]);
  });

  test("ends with 1 and a difference to read, of those cells that are to be compared", async () => {
    await writeFile(join(root, "paths.cfg"), "regex: in <?[^\\n]*\nreplace: in PLACE\n");
    const all = await cellscope(["n.ipynb", "--compare", "--sanitize", "paths.cfg", "--report", "r.json"]);
    expect([all.code, all.stderr]).toEqual([
      1,
      [...difference, "2 cells compared with the outputs stored in the notebooks, 1 differs.", ""].join("\n"),
    ]);
    expect(all.stdout).toMatch(/^4 cells in [\d.]+ s\. 1 cell differs\. The outputs were not kept/m);
    const tagged = await cellscope(["n.ipynb", "--compare-tagged", "--inplace"]);
    expect([tagged.code, tagged.stderr]).toEqual([
      1,
      [...difference, "1 cell compared with the outputs stored in the notebooks, 1 differs.", ""].join("\n"),
    ]);
    // The outputs of the run before are now those that are stored.
    const again = await cellscope(["n.ipynb", "--compare"]);
    expect([again.code, again.stderr]).toEqual([
      0,
      "3 cells compared with the outputs stored in the notebooks, none differs.\n",
    ]);
  });

  test("takes patterns from the settings file", async () => {
    const compare = { sanitize: [{ regex: "seed \\d+|in .*", replace: "…" }] };
    await writeFile(join(root, "cellscope.json"), JSON.stringify({ compare }));
    const { code, stderr } = await cellscope(["n.ipynb", "--compare"]);
    expect([code, stderr]).toEqual([0, "2 cells compared with the outputs stored in the notebooks, none differs.\n"]);
  });

  test.each([
    [["--sanitize", "none.cfg"], "--sanitize needs --compare or --compare-tagged"],
    [["--compare", "--sanitize", "none.cfg"], "The sanitize file none.cfg cannot be read"],
    [["--annotations", "gitlab"], '--annotations must be one of github, off, got "gitlab".'],
    [["--report", "r.html"], '--report must end in .json, .arrow, .xml or .tap, got "r.html".'],
  ])("%j is refused", async (args, message) => {
    const { code, stderr } = await cellscope(["n.ipynb", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("a failing run", () => {
  beforeEach(() =>
    write("a, b.ipynb", [
      { source: 'console.log("::error::not ours");' },
      { source: 'const fine = 1;\nthrow new Error("50 % <lost>\\n::error::forged");' },
      { source: "fine" },
    ]),
  );

  test("is told to GitHub at the line of the notebook, and cells can give no commands", async () => {
    const { code, stdout, stderr } = await cellscope(["a, b.ipynb", "--log-output"], {
      GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: root,
    });
    expect([code, stderr]).toEqual([1, ""]);
    const lines = stdout.trimEnd().split("\n");
    const token = /^::stop-commands::(.+)$/.exec(lines[0] ?? "")?.[1];
    const end = lines.indexOf(`::${token}::`);
    expect(lines.slice(0, end)).toContain("::error::not ours");
    expect(lines.slice(0, end)).toContain("::error::forged");
    const file = (await readFile(join(root, "a, b.ipynb"), "utf8")).split("\n");
    const line = file.findIndex((text) => text.includes("throw new")) + 1;
    expect(lines.slice(end + 1)).toEqual([
      expect.stringMatching(
        new RegExp(`^::error file=a%2C b\\.ipynb,line=${line},title=2%3A const fine = 1;::Error: 50 %25 <lost>%0A`),
      ),
    ]);
  });

  test("is written as JUnit and TAP, each cell a result", async () => {
    await cellscope(["a, b.ipynb", "--report", "r.xml", "--report", "r.tap"]);
    const xml = await readFile(join(root, "r.xml"), "utf8");
    expect([...xml.matchAll(/<testcase name="([^"]*)"/g)].map(([, name]) => name)).toEqual([
      "1: console.log(&quot;::error::not ours&quot;);",
      "2: const fine = 1;",
      "3: fine",
    ]);
    expect(xml).toContain('<testsuite name="a, b.ipynb" tests="3" failures="1" errors="0" skipped="1"');
    const tap = await readFile(join(root, "r.tap"), "utf8");
    expect(tap.split("\n").filter((line) => /^(?: {4})?(?:not )?ok /.test(line))).toEqual([
      '    ok 1 - 1: console.log("::error::not ours");',
      "    not ok 2 - 2: const fine = 1;",
      "    ok 3 - 3: fine # SKIP not reached: cell 2 ended the run",
      "not ok 1 - a, b.ipynb",
    ]);
  });
});
