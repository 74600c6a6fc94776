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

/** What a browser may need, on a slow machine, for a notebook of kernels that start, run and die. */
export const patience = 90_000;

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
    await page.locator(".jp-NotebookPanel-toolbar .jp-KernelName", { hasText: kernel }).waitFor();
    await waitForKernel(page);
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

  /** Does what asks for a restart, and waits until it is done: what is run before it has begun is dropped. */
  async untilRestarted(action: () => Promise<void>): Promise<void> {
    await this.page.evaluate(() => {
      const page = globalThis as unknown as { readonly jupyterapp: JupyterApp; statuses?: string[] };
      const statuses: string[] = [];
      page.statuses = statuses;
      page.jupyterapp.shell.currentWidget?.sessionContext.statusChanged.connect((_context, status) => {
        statuses.push(status);
      });
    });
    await action();
    const statuses = () =>
      this.page.evaluate(() => (globalThis as unknown as { readonly statuses: readonly string[] }).statuses.join(" "));
    await expect
      .poll(statuses, { timeout: patience, interval: 50, message: "what the kernel went through" })
      .toMatch(/restarting.* idle/);
    await waitForKernel(this.page);
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

  /** Runs a cell as Shift-Enter does. The number and the outputs of an earlier run are gone before: what comes is new. */
  async run(index: number): Promise<void> {
    await this.edit(index);
    if (!blank.test(await this.prompt(index))) {
      await this.command("notebook:clear-cell-output");
      await this.waitForPrompt(index, blank);
      await this.edit(index);
    }
    await this.page.keyboard.press("Shift+Enter");
  }

  /** Runs a cell, waits until it has ended with a number, and expects that it shows this. */
  async expectResult(index: number, shown: string | RegExp): Promise<void> {
    await this.run(index);
    await this.waitForPrompt(index, /^\[\d+\]:$/);
    await this.waitForOutput(index, shown);
  }

  /** Waits until a cell shows this: a page draws what has arrived a little later. */
  async waitForOutput(index: number, shown: string | RegExp): Promise<void> {
    const seen = expect.poll(() => this.output(index), {
      timeout: patience,
      interval: 50,
      message: `output of cell ${index}`,
    });
    await (typeof shown === "string" ? seen.toBe(shown) : seen.toMatch(shown));
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

  /** Runs a command of the front end by its name. */
  async command(name: string, options: object = {}): Promise<void> {
    await this.page.evaluate(
      async ([command, given]) => {
        const { jupyterapp } = globalThis as unknown as { readonly jupyterapp: JupyterApp };
        await jupyterapp.commands.execute(command, given);
      },
      [name, options] as const,
    );
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

/** The prompt of a cell that has not run. */
const blank = /^\[\s?\]:$/;

/**
 * Waits until the notebook has its session and the kernel answers. The kernel's name stands in the toolbar before that,
 * and what is run then is dropped without a word. The page's own first question may go unanswered: a server that takes
 * the kernel for busy lets the page ask before it listens to what the kernel says.
 */
async function waitForKernel(page: Page): Promise<void> {
  const isAnswered = page.waitForFunction(async () => {
    const { jupyterapp } = globalThis as unknown as { readonly jupyterapp?: JupyterApp };
    const context = jupyterapp?.shell.currentWidget?.sessionContext;
    const kernel = context?.isReady ? context.session?.kernel : undefined;
    if (kernel?.connectionStatus !== "connected") return false;
    const late = new Promise((resolve) => setTimeout(resolve, 5000));
    return (await Promise.race([kernel.requestKernelInfo(), late])) !== undefined;
  });
  await isAnswered.catch(async (cause: unknown) => {
    const { address, token } = inject("server");
    const seen = await page
      .locator(".jp-NotebookPanel-toolbar .jp-Notebook-ExecutionIndicator")
      .getAttribute("data-status");
    const kernels = await (await fetch(`${address}api/kernels?token=${token}`)).text();
    throw new Error(`The kernel does not answer. The page shows ${seen}; the server has ${kernels}`, { cause });
  });
}

/** What a front end's application has, as far as it is used here. */
interface JupyterApp {
  readonly commands: { readonly execute: (command: string, options: object) => Promise<unknown> };
  readonly shell: {
    readonly currentWidget: {
      readonly sessionContext: {
        readonly isReady: boolean;
        readonly statusChanged: { readonly connect: (slot: (context: unknown, status: string) => void) => void };
        readonly session?: {
          readonly kernel?: {
            readonly connectionStatus: string;
            readonly requestKernelInfo: () => Promise<object | undefined>;
          };
        };
      };
    } | null;
  };
}
