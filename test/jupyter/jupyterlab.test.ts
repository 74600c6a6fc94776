import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectBrowser, NotebookPage } from "./notebook-page.js";

const notebooks = fileURLToPath(new URL("../../notebooks/", import.meta.url));
const screenshots = fileURLToPath(new URL("../../out/screenshots/", import.meta.url));
const notebook = "01-where-did-the-memory-go.ipynb";

let browser: Browser;
let page: Page;
let opened: NotebookPage;

beforeAll(async () => {
  const { root } = inject("server");
  await copyFile(join(notebooks, "goodreads.ts"), join(root, "goodreads.ts"));
  await writeFile(join(root, notebook), await withoutOutputs(join(notebooks, notebook)));
  await mkdir(screenshots, { recursive: true });
  browser = await connectBrowser();
  opened = await NotebookPage.open(browser, "JupyterLab", notebook, /TypeScript/);
  page = opened.page;
});

afterAll(async () => {
  await browser?.close();
});

test("JupyterLab runs the notebook from its menu, and no cell fails", async () => {
  await opened.runAll();
  expect(await failures()).toEqual([]);
});

test.each(["%sysinfo", "%%memprofile"])("the report of %s is a picture that can be seen", async (magic) => {
  const picture = cellOf(magic).locator(".jp-OutputArea-output img").first();
  await picture.scrollIntoViewIfNeeded();
  await picture.waitFor();
  // The functions given to the browser run there, where the types of a page hold.
  const size = await picture.evaluate(async (element) => {
    const image = element as unknown as Record<"naturalWidth" | "naturalHeight", number> & {
      readonly decode: () => Promise<void>;
    };
    await image.decode();
    return { width: image.naturalWidth, height: image.naturalHeight };
  });
  expect(size.width).toBeGreaterThan(100);
  expect(size.height).toBeGreaterThan(50);
  expect(await picture.getAttribute("alt")).toMatch(/\d/);
});

test("the reports follow the theme, light and dark", async () => {
  const shown: Buffer[] = [];
  for (const [name, theme] of [
    ["light", "JupyterLab Light"],
    ["dark", "JupyterLab Dark"],
  ] as const) {
    await useTheme(theme, name === "dark");
    for (const magic of ["sysinfo", "memprofile"]) {
      const cell = cellOf(magic === "sysinfo" ? "%sysinfo" : "%%memprofile");
      await cell.scrollIntoViewIfNeeded();
      expect(await cell.locator(".jp-OutputArea-output img").first().isVisible()).toBe(true);
      shown.push(await cell.screenshot({ path: join(screenshots, `jupyterlab-${name}-${magic}.png`) }));
    }
    await page.screenshot({ path: join(screenshots, `jupyterlab-${name}.png`) });
  }
  expect(shown[0]?.equals(shown[2] ?? Buffer.alloc(0))).toBe(false);
});

/** The notebook as somebody gets it who has not run it. */
async function withoutOutputs(path: string): Promise<string> {
  const content = JSON.parse(await readFile(path, "utf8")) as { cells: Record<string, unknown>[] };
  for (const cell of content.cells) {
    if (cell.cell_type !== "code") continue;
    cell.outputs = [];
    cell.execution_count = null;
  }
  return JSON.stringify(content);
}

/** The first code cell whose first line is this magic. */
function cellOf(magic: string): Locator {
  const firstLine = page.locator(".jp-InputArea .cm-line:first-child", { hasText: new RegExp(`^${magic}(\\s|$)`) });
  return page.locator(".jp-CodeCell", { has: firstLine }).first();
}

/** What the notebook shows of errors; a cell that is meant to fail is not in it. */
async function failures(): Promise<string[]> {
  const errors = page.locator(
    '.jp-CodeCell .jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"], .jp-CodeCell .jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]',
  );
  return errors.allInnerTexts();
}

/** Switches the theme as the settings menu does, and waits until it has come. */
async function useTheme(theme: string, dark: boolean): Promise<void> {
  await opened.command("apputils:change-theme", { theme });
  await page.locator(`body[data-jp-theme-light="${!dark}"]`).waitFor({ state: "attached" });
}
