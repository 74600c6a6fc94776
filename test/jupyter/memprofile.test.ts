// What %%memprofile promises in a browser: its course while a cell runs, and reports that can be read in every front
// end, light and dark, also in a notebook that is not trusted, whose HTML is sanitised.
import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connectBrowser, NotebookPage, patience, writeNotebook } from "./notebook-page.js";

const screenshots = fileURLToPath(new URL("../../out/screenshots/", import.meta.url));

let browser: Browser;
beforeAll(async () => {
  await mkdir(screenshots, { recursive: true });
  browser = await connectBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** Notes every text that the first output of a cell begins with, and whether a picture was there with it. */
async function watchOutputs(page: Page, index: number): Promise<() => Promise<readonly string[]>> {
  await page.evaluate((at) => {
    const { document, MutationObserver: Observer } = globalThis as unknown as PageGlobals;
    const seen: string[] = [];
    (globalThis as unknown as { seen: readonly string[] }).seen = seen;
    const cell = document.querySelectorAll(".jp-CodeCell")[at];
    new Observer(() => {
      const headline = cell?.querySelector(".jp-OutputArea-output b")?.textContent ?? "";
      const picture = cell?.querySelector(".jp-OutputArea-output img") ? "picture" : "no picture";
      const outputs = cell?.querySelectorAll(".jp-OutputArea-output").length;
      const text = `${headline} | ${picture} | ${outputs}`;
      if (headline !== "" && text !== seen.at(-1)) seen.push(text);
    }).observe(cell, { childList: true, subtree: true, characterData: true });
  }, index);
  return () => page.evaluate(() => (globalThis as unknown as { readonly seen: readonly string[] }).seen);
}

/** What the functions that run in the browser use of it: the types of a page do not hold here. */
interface PageGlobals {
  readonly document: { readonly querySelectorAll: (selector: string) => readonly PageElement[] };
  readonly MutationObserver: new (
    callback: () => void,
  ) => { readonly observe: (target: PageElement | undefined, options: object) => void };
}

interface PageElement {
  readonly querySelector: (selector: string) => { readonly textContent: string | null } | null;
  readonly querySelectorAll: (selector: string) => { readonly length: number };
}

describe("a cell of some seconds under %%memprofile", () => {
  const grow =
    "const held: Buffer[] = [];\nfor (let step = 0; step < 40; step++) {\n  held.push(Buffer.alloc(4e6, step));";
  const cells = [
    `%%memprofile\n${grow}\n  for (const end = Date.now() + 100; Date.now() < end; );\n}\nheld.length`,
    `%%memprofile\n${grow}\n  await new Promise((resolve) => setTimeout(resolve, 100));\n}\nheld.length`,
    "%%memprofile -q\nlet n = 0;\nfor (const end = Date.now() + 1000; Date.now() < end; n++);",
  ];
  let opened: NotebookPage;

  beforeAll(async () => {
    await writeNotebook("live.ipynb", "cellscope", cells);
    opened = await NotebookPage.open(browser, "JupyterLab", "live.ipynb", /TypeScript/);
  });

  test.each([
    ["never yields", 0],
    ["awaits", 1],
  ] as const)("that %s shows its course while it runs, and one report at the end", async (name, index) => {
    const outputs = await watchOutputs(opened.page, index);
    await opened.run(index);
    await opened.waitForOutput(index, /^running for/);
    await opened.page.screenshot({ path: join(screenshots, `memprofile-live-${name.replace(" ", "-")}.png`) });
    await opened.waitForPrompt(index, /^\[\d+\]:$/);
    await opened.waitForOutput(index, /^peak memory: [\d.]+ MiB/);
    const seen = await outputs();
    const running = seen.filter((text) => text.startsWith("running for"));
    // At most ten a second are sent. A browser that is short of a CPU shows fewer than it gets, and still several.
    expect(running.length).toBeGreaterThanOrEqual(8);
    expect(running.every((text) => text.includes("| picture |"))).toBe(true);
    const times = running.map((text) => Number(/^running for ([\d.]+) (?:m?s)/.exec(text)?.[1]));
    expect(times.every(Number.isFinite)).toBe(true);
    // Each in the place of the one before: the report, and then the value of the cell.
    expect(new Set(running.map((text) => text.split("| ").at(-1)))).toEqual(new Set(["1"]));
    expect(seen.at(-1)).toMatch(/^peak memory: .* \| picture \| 2$/);
  });

  test("that is measured quietly shows nothing", async () => {
    await opened.run(2);
    await opened.waitForPrompt(2, /^\[\d+\]:$/);
    expect(await opened.output(2)).toBe("");
  });
});

const reports = [
  "interface Book { readonly id: number; readonly title: string }\nconst cache = new Map<string, string[]>();\nfunction parse(text: string): Book[] {\n  return JSON.parse(text);\n}\nfunction toColumns(books: readonly Book[]) {\n  return { id: Float64Array.from(books, ({ id }) => id), title: books.map(({ title }) => title.toUpperCase()) };\n}",
  "%%memprofile --baseline first\nconst text = JSON.stringify(Array.from({ length: 200_000 }, (_, id) => ({ id, title: `Book ${(id * 7919) % 200_000}` })));\nconst books = parse(text);\nconst sorted = [...books].sort((a, b) => (a.title < b.title ? -1 : 1));\nconst columns = toColumns(sorted);\nconst bytes = Buffer.alloc(30e6, 1);\ncolumns.title.length + bytes.length",
  "%%memprofile --lines\nlet highest = 0;\nfor (let round = 0; round < 6; round++) {\n  const rows = Array.from({ length: 60_000 }, (_, id) => ({ id, round, text: `row ${id}` }));\n  const bytes = Buffer.alloc(20e6, round);\n  highest = Math.max(highest, rows.length + bytes.length);\n}\nhighest",
  "%%memprofile --leaks\nfor (const book of books.slice(0, 50_000)) cache.set(book.title, [book.title.toLowerCase()]);",
  "%memprofile --repeat 5 --leaks cache.set(`run ${cache.size}`, Array.from({ length: 20_000 }, (_, i) => `${i}`))",
  "%memprofile --compare first toColumns(parse(text))",
  "%memprofile on",
  "const more = Array.from({ length: 300_000 }, (_, id) => ({ id, name: `more ${id}` }));",
  "%memprofile last",
];
/** The cells that show a report, and what each begins with. */
const shown: readonly (readonly [index: number, beginning: RegExp])[] = [
  [1, /^peak memory: [\d.]+ MiB, increment: [\d.]+ MiB/],
  [2, /^peak memory: [\d.]+ MiB, increment: [\d.]+ MiB/],
  [3, /^peak memory: [\d.]+ MiB, increment: [\d.]+ MiB/],
  [4, /^peak memory: [\d.]+ MiB, increment: [\d.]+ MiB/],
  [5, /^peak memory: [\d.]+ MiB, increment: [\d.]+ MiB/],
  [7, /^peak [\d.]+ MiB/],
  [8, /^peak memory: [\d.]+ MiB, increment: [\d.]+ MiB/],
];

describe("every report of %memprofile", () => {
  const file = "reports.ipynb";
  const themes = [
    ["light", "JupyterLab Light"],
    ["dark", "JupyterLab Dark"],
  ] as const;

  test("is legible in JupyterLab, right after it was made", async () => {
    await writeNotebook(file, "cellscope", reports);
    const opened = await NotebookPage.open(browser, "JupyterLab", file, /TypeScript/);
    await opened.runAll();
    await expectReports(opened, "jupyterlab");
    await opened.command("docmanager:save");
    await opened.page.close();
    const { root } = inject("server");
    const notebook = JSON.parse(await readFile(join(root, file), "utf8"));
    // Trust is a signature of the content: another content has none.
    notebook.metadata.changed = true;
    await writeFile(join(root, "untrusted.ipynb"), JSON.stringify(notebook));
  });

  async function expectReports(opened: NotebookPage, name: string): Promise<void> {
    for (const [theme, title] of themes) {
      await opened.command("apputils:change-theme", { theme: title });
      await opened.page.locator(`body[data-jp-theme-light="${theme === "light"}"]`).waitFor({ state: "attached" });
      for (const [index, beginning] of shown) {
        const cell = opened.cell(index);
        await cell.scrollIntoViewIfNeeded();
        await expect
          .poll(() => opened.output(index), { timeout: patience, message: `report ${index}` })
          .toMatch(beginning);
        await expectSound(cell.locator(".jp-OutputArea-output"));
        await cell.screenshot({ path: join(screenshots, `memprofile-${name}-${theme}-${index}.png`) });
      }
    }
  }

  /** Every picture is drawn, and no table or picture is cut off. */
  async function expectSound(outputs: ReturnType<NotebookPage["cell"]>): Promise<void> {
    const pictures = await outputs.locator("img").evaluateAll((elements) =>
      Promise.all(
        elements.map(async (element) => {
          const image = element as unknown as Record<"naturalWidth" | "naturalHeight", number> & {
            readonly decode: () => Promise<void>;
          };
          await image.decode();
          return image.naturalWidth > 100 && image.naturalHeight > 50;
        }),
      ),
    );
    expect(pictures.every(Boolean)).toBe(true);
    const wide = await outputs.evaluateAll(
      (elements) =>
        elements
          .map((element) => element as unknown as Record<"scrollWidth" | "clientWidth", number>)
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1).length,
    );
    expect(wide).toBe(0);
  }

  test("is legible where the notebook is not trusted", async () => {
    const opened = await NotebookPage.open(browser, "JupyterLab", "untrusted.ipynb", /TypeScript/);
    await expectReports(opened, "untrusted");
    await opened.page.close();
  });

  test("is legible in Notebook 7", async () => {
    const opened = await NotebookPage.open(browser, "Notebook 7", file, /TypeScript/);
    await expectReports(opened, "notebook-7");
    await opened.page.close();
  });

  test("is legible in the page that nbconvert makes", async () => {
    const { root } = inject("server");
    const { CELLSCOPE_PYTHON: python = "python3" } = process.env;
    const done = spawnSync(python, ["-m", "nbconvert", "--to", "html", "--embed-images", file], {
      cwd: root,
      encoding: "utf8",
    });
    expect(done.status, done.stderr).toBe(0);
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    await page.goto(pathToFileURL(join(root, "reports.html")).href);
    await expectSound(page.locator(".jp-OutputArea-output"));
    for (const [index, beginning] of shown) {
      const cell = page.locator(".jp-CodeCell").nth(index);
      const [text = ""] = await cell.locator(".jp-OutputArea-output").allInnerTexts();
      expect(text.trim()).toMatch(beginning);
      await cell.screenshot({ path: join(screenshots, `memprofile-nbconvert-${index}.png`) });
    }
    await page.close();
  });
});
