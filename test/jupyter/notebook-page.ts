// A notebook in a browser, used as a person uses it: by menus, keys and what is to be seen.

import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { expect, inject } from "vitest";

/** The front ends, with the path under which the server has a file in them. */
export const frontEnds = {
  // In a workspace of its own: what another page has left open is not opened again.
  JupyterLab: (file: string) => `lab/workspaces/${randomUUID()}/tree/${file}`,
  "Notebook 7": (file: string) => `notebooks/${file}`,
} as const;

/** What a browser needs for a notebook of kernels that start, run and die. */
export const patience = 30_000;

/** Connects to the browser of this suite. */
export function connectBrowser(): Promise<Browser> {
  return chromium.connect(inject("browser"));
}

/** The address of a file in a front end. */
function addressOf(frontEnd: keyof typeof frontEnds, file: string): string {
  const { address, token } = inject("server");
  return `${address}${frontEnds[frontEnd](file)}?token=${token}`;
}

/** Writes a notebook with these cells into the server's directory. */
export async function writeNotebook(file: string, kernel: string, sources: readonly string[]): Promise<void> {
  const cells = sources.map((source, index) => ({
    cell_type: "code",
    id: `cell-${index}`,
    metadata: {},
    source,
    execution_count: null,
    outputs: [],
  }));
  const metadata = { kernelspec: { name: kernel, display_name: kernel, language: "" } };
  await writeFile(
    join(inject("server").root, file),
    JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells }),
  );
}

/** One notebook, open in one front end. */
export class NotebookPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens a notebook and waits until it has its cells and its kernel. */
  static async open(
    browser: Browser,
    frontEnd: keyof typeof frontEnds,
    file: string,
    kernel: RegExp,
  ): Promise<NotebookPage> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.setDefaultTimeout(patience);
    await page.goto(addressOf(frontEnd, file));
    await page.locator(".jp-NotebookPanel .jp-CodeCell").first().waitFor();
    // The kernel's name stands in the toolbar while its session is still being made; what is run before it has been
    // made is dropped without a word.
    await page.locator(".jp-NotebookPanel-toolbar .jp-KernelName", { hasText: kernel }).waitFor();
    await waitForSession(page);
    await page.locator('.jp-NotebookPanel-toolbar [data-status="idle"]').waitFor();
    return new NotebookPage(page);
  }

  /** Chooses an entry of a menu of the menu bar. */
  async choose(menu: string, entry: RegExp): Promise<void> {
    await this.page.getByRole("menuitem", { name: menu, exact: true }).click();
    await this.page.getByRole("menuitem", { name: entry }).first().click();
  }

  /** Runs every cell from the menu, and waits until each has its number; returns the numbers. */
  async runAll(): Promise<string[]> {
    await this.choose("Run", /^Run All Cells$/);
    return this.waitForAll();
  }

  /** Says yes to the dialog that asks. */
  async accept(): Promise<void> {
    const dialog = this.page.locator(".jp-Dialog");
    await dialog.locator("button.jp-mod-accept").click();
    await dialog.waitFor({ state: "detached" });
  }

  /** The code cell at a place, from 0. */
  cell(index: number): Locator {
    return this.page.locator(".jp-CodeCell").nth(index);
  }

  /** What stands beside a cell: `[ ]:`, `[*]:` or its number. */
  async prompt(index: number): Promise<string> {
    return (await this.cell(index).locator(".jp-InputPrompt").first().textContent()) ?? "";
  }

  /** Everything shown below a cell. */
  async output(index: number): Promise<string> {
    const shown = await this.cell(index).locator(".jp-OutputArea-output").allInnerTexts();
    return shown.join("\n").trim();
  }

  /** Runs a cell as Shift-Enter does. */
  async run(index: number): Promise<void> {
    await this.edit(index);
    await this.page.keyboard.press("Shift+Enter");
  }

  /** Runs a cell and waits until it has ended with a number; returns what it shows. */
  async result(index: number): Promise<string> {
    await this.run(index);
    await this.waitForPrompt(index, /^\[\d+\]:$/);
    return this.output(index);
  }

  /** Waits until a cell's prompt is so. */
  async waitForPrompt(index: number, prompt: RegExp): Promise<void> {
    await expect
      .poll(() => this.prompt(index), { timeout: patience, interval: 50, message: `prompt of cell ${index}` })
      .toMatch(prompt);
  }

  /** Waits until every cell has its number and returns them; cells that have failed count too. */
  async waitForAll(): Promise<string[]> {
    const prompts = this.page.locator(".jp-CodeCell .jp-InputPrompt");
    const unfinished = async () => (await prompts.allInnerTexts()).filter((prompt) => !/^\[\d+\]:$/.test(prompt));
    await expect
      .poll(unfinished, { timeout: 4 * patience, interval: 100, message: "prompts of cells that have not finished" })
      .toEqual([]);
    return prompts.allInnerTexts();
  }

  /** Puts the cursor into a cell, at its end. */
  async edit(index: number): Promise<void> {
    await this.cell(index).locator(".cm-content").click();
    await this.page.keyboard.press("ControlOrMeta+End");
  }

  /** Replaces the text of a cell. */
  async write(index: number, source: string): Promise<void> {
    await this.cell(index).locator(".cm-content").fill(source);
    await this.edit(index);
  }
}

/** Waits until the notebook has its session and the kernel has said what it is. */
async function waitForSession(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { jupyterapp } = globalThis as unknown as { jupyterapp?: JupyterApp };
    const context = jupyterapp?.shell.currentWidget.sessionContext;
    await context?.ready;
    await context?.session?.kernel?.info;
  });
}

/** What a front end's application has, as far as it is used here. */
interface JupyterApp {
  readonly shell: {
    readonly currentWidget: {
      readonly sessionContext: {
        readonly ready: Promise<void>;
        readonly session?: { readonly kernel?: { readonly info: Promise<unknown> } };
      };
    };
  };
}
