// What %%memprofile promises in a browser: its course while a cell runs, and reports that can be read in every front
// end, light and dark, also in a notebook that is not trusted, whose HTML is sanitised.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connectBrowser, NotebookPage, writeNotebook } from "./notebook-page.js";

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

/** The golden reports of `%memprofile` that are kept in both forms, in their order. */
const golden = new URL("../golden/", import.meta.url);
const files = readdirSync(golden);
const names = files
  .filter((name) => /^(memory|line)-.*\.html$/.test(name))
  .map((name) => name.replace(".html", ""))
  .filter((name) => files.includes(`${name}.txt`));
const themes = ["JupyterLab Light", "JupyterLab Dark"] as const;

describe("every report of %memprofile", () => {
  beforeAll(async () => {
    const { root } = inject("server");
    const { CELLSCOPE_PYTHON: python = "python3" } = process.env;
    await writeReports(join(root, "untrusted.ipynb"));
    await writeReports(join(root, "trusted.ipynb"));
    const signed = spawnSync(python, ["-m", "nbformat.sign", "trusted.ipynb"], { cwd: root, encoding: "utf8" });
    if (signed.status !== 0) throw new Error(signed.stderr);
    const options = ["-m", "nbconvert", "--to", "html", "trusted.ipynb"];
    const converted = spawnSync(python, options, { cwd: root, encoding: "utf8" });
    if (converted.status !== 0) throw new Error(converted.stderr);
  });

  test.each([
    ["JupyterLab", "trusted"],
    ["JupyterLab", "untrusted"],
    ["Notebook 7", "trusted"],
    ["Notebook 7", "untrusted"],
  ] as const)("is legible in %s, %s, light and dark", async (frontEnd, trust) => {
    const opened = await NotebookPage.open(browser, frontEnd, `${trust}.ipynb`, /TypeScript/);
    // So high that a report is seen as a whole.
    await opened.page.setViewportSize({ width: 1280, height: 2400 });
    for (const theme of themes) {
      await opened.command("apputils:change-theme", { theme });
      await opened.page
        .locator(`body[data-jp-theme-light="${theme === "JupyterLab Light"}"]`)
        .waitFor({ state: "attached" });
      const words = [frontEnd, trust, theme.split(" ")[1] ?? ""].join("-").toLowerCase().replaceAll(" ", "-");
      await expectReports(opened.page, words);
    }
    await opened.page.close();
  });

  test("is legible in the page that nbconvert makes", async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 2400 } });
    await page.goto(pathToFileURL(join(inject("server").root, "trusted.html")).href);
    await expectReports(page, "nbconvert");
    await page.close();
  });

  async function expectReports(page: Page, words: string): Promise<void> {
    for (const [index, name] of names.entries()) {
      const output = page.locator(".jp-CodeCell").nth(index).locator(".jp-OutputArea-output");
      await output.scrollIntoViewIfNeeded();
      // What a person reads first is there, also where all styles have been taken away.
      const text = (await output.allInnerTexts()).join("\n");
      expect(text, name).toMatch(/^(?:peak memory: |Compared with |In\[\d+\]: line |5 runs|running for )/);
      expect(await cutOff(output), name).toEqual([]);
      await output.screenshot({ path: join(screenshots, `memprofile-${words}-${name}.png`) });
    }
  }
});

/** A notebook with the golden reports as the outputs of its cells, as somebody gets it who has not run it. */
async function writeReports(path: string): Promise<void> {
  const cells = await Promise.all(
    names.map(async (name, index) => {
      const read = (extension: string) => readFile(new URL(`${name}.${extension}`, golden), "utf8");
      const data = { "text/html": await read("html"), "text/plain": await read("txt") };
      const outputs = [{ output_type: "display_data", data, metadata: {} }];
      return {
        cell_type: "code",
        id: `cell-${index}`,
        metadata: {},
        source: `// ${name}`,
        execution_count: 1,
        outputs,
      };
    }),
  );
  const kernelspec = { name: "cellscope", display_name: "TypeScript (Cellscope)", language: "typescript" };
  const metadata = { kernelspec, path: basename(path) };
  await writeFile(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells }));
}

/** Pictures that are not drawn, and what is wider than the room that it has. */
async function cutOff(output: Locator): Promise<readonly string[]> {
  const pictures = await output.locator("img").evaluateAll((elements) =>
    Promise.all(
      elements.map(async (element) => {
        const image = element as unknown as Record<"naturalWidth" | "naturalHeight", number> & {
          readonly decode: () => Promise<void>;
        };
        await image.decode();
        return image.naturalWidth > 100 && image.naturalHeight > 20 ? "" : "a picture that is not drawn";
      }),
    ),
  );
  const wide = await output.evaluateAll((elements) =>
    elements
      .map((element) => element as unknown as Record<"scrollWidth" | "clientWidth", number>)
      .map(({ scrollWidth, clientWidth }) =>
        scrollWidth > clientWidth + 1 ? `${scrollWidth} pixels in ${clientWidth}` : "",
      ),
  );
  return [...pictures, ...wide].filter((words) => words !== "");
}
