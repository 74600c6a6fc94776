import { describe, expect, test } from "vitest";
import type { CodeCell, Notebook } from "../../../../runner/nbformat.js";
import { injectParameters } from "../../../../runner/parameters/inject.js";

const cell = (source: string, ...tags: string[]): CodeCell => ({
  cell_type: "code",
  id: source.slice(0, 5),
  metadata: { tags },
  source,
  execution_count: null,
  outputs: [],
});
const notebookOf = (...cells: CodeCell[]): Notebook => ({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
const sources = ({ cells }: Notebook) => cells.map(({ source }) => source);

describe("parameters of TypeScript", () => {
  const declared = cell("const rows: number = 10;\nlet tags: string[] = ['a'], f = () => 1;", "parameters");

  test("are set by a cell after that which declares them, with its types", async () => {
    const notebook = notebookOf(declared, cell("rows"));
    const parameters = { rows: 5, tags: ["x"], f: "line\u2028end" };
    const { defaults } = await injectParameters(notebook, { parameters, language: "typescript", name: "n" });
    expect(sources(notebook)[1]).toBe(
      '// Parameters\nlet rows: number = 5;\nlet tags: string[] = [\n  "x"\n];\nlet f = "line\\u2028end";',
    );
    expect(defaults).toEqual({ rows: 10, tags: ["a"] });
  });

  test("take the place of those of an earlier run", async () => {
    const notebook = notebookOf(declared, cell("let rows = 1", "injected-parameters"), cell("rows"));
    await injectParameters(notebook, { parameters: { rows: 2 }, language: "typescript", name: "n" });
    expect(sources(notebook).slice(1)).toEqual(["// Parameters\nlet rows: number = 2;", "rows"]);
  });

  test("that are not declared are refused", async () => {
    const set = injectParameters(notebookOf(declared), { parameters: { row: 1 }, language: "typescript", name: "n" });
    await expect(set).rejects.toThrow("n has no parameter row; these are: rows, tags, f.");
  });
});

test("parameters of Python are written as Python", async () => {
  const notebook = notebookOf(cell("a = 1\nb: str = 'x'\nif a == 1: pass", "parameters"));
  const parameters = { a: [true, null], b: { k: "v" } };
  await injectParameters(notebook, { parameters, language: "python", name: "n" });
  expect(sources(notebook)[1]).toBe('# Parameters\na = [True, None]\nb = {"k": "v"}');
});

test("a notebook without a parameters cell takes none", async () => {
  const set = injectParameters(notebookOf(cell("1")), { parameters: { a: 1 }, language: "typescript", name: "n" });
  await expect(set).rejects.toThrow('n takes no parameters, and was given a: no code cell has the tag "parameters".');
});
