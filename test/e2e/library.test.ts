// The doors for programs, as an installed package has them, by the examples of docs/library.md.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CellOutput, type CodeCell, formatNotebook, parseNotebook } from "../../runner/nbformat.js";
import { readNamedBlocks } from "../support/doc-blocks.js";

const root = join(import.meta.dirname, "../..");
const execute = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "cellscope-library-")));
  await mkdir(join(folder, "node_modules/@types"), { recursive: true });
  await symlink(root, join(folder, "node_modules/cellscope"));
  for (const name of ["vitest", "@types/node"]) {
    await symlink(await realpath(join(root, "node_modules", name)), join(folder, "node_modules", name));
  }
  for (const { name, text } of await readNamedBlocks(join(root, "docs/library.md"))) {
    await writeFile(join(folder, name), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

function cell(source: string, { tags = [] as string[], shown = "" } = {}): CodeCell {
  const outputs: CellOutput[] = shown === "" ? [] : [{ output_type: "stream", name: "stdout", text: shown }];
  return {
    cell_type: "code",
    id: `c${source.length}`,
    metadata: { tags },
    source,
    execution_count: shown ? 1 : null,
    outputs,
  };
}

async function write(path: string, cells: CodeCell[]): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), formatNotebook({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
}

/** Runs a program in the folder; its exit code and what it wrote. */
async function run(
  ...args: string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  try {
    return { code: 0, ...(await execute(process.execPath, args, { cwd: folder, timeout: 100_000 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as {
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
    };
    return { code, stdout, stderr };
  }
}

test("the examples of the documentation keep to the types of the package", async () => {
  const files = ["run.mjs", "notebooks.test.mjs"];
  const options = ["--noEmit", "--strict", "--allowJs", "--checkJs", "--skipLibCheck", "--types", "node"];
  const target = ["--target", "es2023", "--module", "nodenext", "--moduleResolution", "nodenext"];
  expect(await run(join(root, "node_modules/typescript/bin/tsc"), ...options, ...target, ...files)).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
});

test("runNotebook runs a file with parameters, tells of each cell and keeps the outputs", async () => {
  await write("analysis.ipynb", [cell("const rows = 10;", { tags: ["parameters"] }), cell("rows * 2")]);
  const { code, stdout, stderr } = await run("run.mjs");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^1 ok \d+ \d+$/),
    expect.stringMatching(/^2 ok \d+ \d+$/),
    expect.stringMatching(/^3 ok \d+ \d+$/),
    "ok",
  ]);
  const written = parseNotebook(await readFile(join(folder, "out.ipynb"), "utf8"), "out.ipynb");
  expect(written.cells.map((each) => each.cell_type === "code" && each.outputs)).toEqual([
    [],
    [],
    [{ output_type: "execute_result", execution_count: 3, data: { "text/plain": "2000" }, metadata: {} }],
  ]);
});

describe("notebooks as tests of vitest", () => {
  interface Results {
    readonly testResults: readonly {
      readonly assertionResults: readonly {
        readonly title: string;
        readonly status: string;
        readonly failureMessages: readonly string[];
      }[];
    }[];
  }
  const vitest = async () => {
    await run(join(root, "node_modules/vitest/vitest.mjs"), "run", "--reporter=json", "--outputFile=results.json");
    const { testResults } = JSON.parse(await readFile(join(folder, "results.json"), "utf8")) as Results;
    return testResults.flatMap(({ assertionResults }) => assertionResults);
  };

  test("each cell is a test: it passes, fails at its line, differs, or is skipped", async () => {
    await write("notebooks/a.ipynb", [
      cell('console.log("as before");', { shown: "as before\n" }),
      cell('console.log("now this");', { shown: "once that\n" }),
      cell('throw new Error("allowed, as it is tagged");', { tags: ["raises-exception"] }),
      cell('const fine = 1;\nthrow new Error("boom");'),
      cell("never"),
    ]);
    const results = await vitest();
    expect(results.map(({ title, status }) => [title, status])).toEqual([
      ['1: console.log("as before");', "passed"],
      ['2: console.log("now this");', "failed"],
      ['3: throw new Error("allowed, as it is tagged");', "passed"],
      ["4: const fine = 1;", "failed"],
      ["5: never", "skipped"],
    ]);
    const [, differs, , fails] = results.map(({ failureMessages }) => failureMessages.join("\n"));
    expect(differs).toContain("  - once that\n  + now this\n");
    const file = (await readFile(join(folder, "notebooks/a.ipynb"), "utf8")).split("\n");
    const line = file.findIndex((text) => text.includes('throw new Error(\\"boom')) + 1;
    expect(fails).toContain("Error: boom");
    expect(fails).toContain(`notebooks/a.ipynb:${line}:1`);
  });

  test("what keeps a notebook from running fails a test", async () => {
    await write("notebooks/a.ipynb", [cell("1"), cell("22")]);
    await writeFile(
      join(folder, "notebooks.test.mjs"),
      'import { notebooks } from "cellscope/vitest";\nnotebooks("notebooks/*.ipynb", { kernel: "nosuch" });\n',
    );
    const results = await vitest();
    expect(results.map(({ status }) => status)).toEqual(["failed", "failed"]);
    expect(results[0]?.failureMessages.join("\n")).toContain("nosuch");
  });
});
