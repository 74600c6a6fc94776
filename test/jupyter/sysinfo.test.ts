// What %sysinfo promises in a browser, and the Kernel Usage panel of jupyter-resource-usage, which is installed beside
// JupyterLab in this suite's environment.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectBrowser, NotebookPage, patience, writeNotebook } from "./notebook-page.js";

const screenshots = fileURLToPath(new URL("../../out/screenshots/", import.meta.url));
const limits = `import { sysinfo } from "cellscope";
const { memory, cpu } = await sysinfo({ interval: 50 });
[process.ppid, memory.holds.value, cpu.holds.value].join(" ")`;
// Blocks the thread of the cells until it is interrupted.
const spin = "for (let turn = 0; ; turn += 1) globalThis.turns = turn;";
const cells = [
  limits,
  "%sysinfo --watch 60",
  spin,
  "%sysinfo --path",
  "%sysinfo",
  "%%sysinfo\n1 + 1",
  "%sysinfo --top 5",
];
const watched = 1;
const spinning = 2;

let browser: Browser;
let opened: NotebookPage;
let page: Page;

beforeAll(async () => {
  await writeNotebook("sysinfo.ipynb", "cellscope", cells);
  await mkdir(screenshots, { recursive: true });
  browser = await connectBrowser();
  opened = await NotebookPage.open(browser, "JupyterLab", "sysinfo.ipynb", /TypeScript/);
  page = opened.page;
});

afterAll(async () => {
  await browser?.close();
});

async function kernelUsage(): Promise<Readonly<Record<string, unknown>>> {
  const { address, token } = inject("server");
  const sessions = (await (await fetch(`${address}api/sessions?token=${token}`)).json()) as readonly {
    readonly path: string;
    readonly kernel: { readonly id: string };
  }[];
  const kernel = sessions.find(({ path }) => path === "sysinfo.ipynb")?.kernel.id;
  const url = `${address}api/metrics/v1/kernel_usage/get_usage/${kernel}?token=${token}`;
  const answer = (await (await fetch(url)).json()) as { readonly content: Readonly<Record<string, unknown>> };
  return answer.content;
}

/** Runs a cell and returns what it shows, once it has ended and shows something. */
async function resultOf(index: number, shown: RegExp = /\S/): Promise<string> {
  await opened.expectResult(index, shown);
  return opened.output(index);
}

const source = () => opened.cell(watched).locator(".jp-OutputArea-output img").first().getAttribute("src");

test("a watch renews its report while a cell blocks, and the Kernel Usage panel shows this kernel with its limits", async () => {
  const [pid, memory, cpus] = (await resultOf(0, /\d/)).replaceAll(/['"]/g, "").split(" ").map(Number);
  await resultOf(watched);
  await opened.run(spinning);
  await opened.waitForPrompt(spinning, /^\[\*\]:$/);
  const shown = await source();
  await expect.poll(source, { timeout: patience, interval: 100, message: "the report of the watch" }).not.toBe(shown);
  expect(await opened.prompt(spinning)).toBe("[*]:");

  // The same that the panel asks for, so that its figures can be compared.
  expect(await kernelUsage()).toMatchObject({
    pid,
    cpu_count: cpus,
    kernel_memory: expect.any(Number),
    // The cell takes a CPU for itself, and the panel says so the first time.
    kernel_cpu: expect.any(Number),
    host_virtual_memory: { total: memory },
  });
  await page.evaluate(async () => {
    const { jupyterapp } = globalThis as unknown as { jupyterapp: { shell: { activateById: (id: string) => void } } };
    jupyterapp.shell.activateById("kernelusage-panel-id");
  });
  const panel = page.locator("#kernelusage-panel-id .jp-KernelUsage-view, .jp-KernelUsage-view").first();
  await expect
    .poll(() => panel.textContent(), { timeout: patience, interval: 100, message: "the panel" })
    .toMatch(new RegExp(`Process ID: ${pid}CPU`));
  expect(await panel.textContent()).toMatch(/Memory: [\d.]+ [KMG]?i?B/);
  await page.screenshot({ path: join(screenshots, "kernel-usage.png") });
  expect(await opened.prompt(spinning)).toBe("[*]:");

  await opened.choose("Kernel", /^Interrupt Kernel/);
  await opened.waitForPrompt(spinning, /^\[\d+\]:$/);
});

test("the diagram has the browser, the server with its version, and a measured time on every hop", async () => {
  await resultOf(3);
  const picture = opened.cell(3).locator(".jp-OutputArea-output img").first();
  expect(await picture.getAttribute("alt")).toMatch(
    /^front end \(\d+ connections? from, 127\.0\.0\.1\), then Jupyter server \(jupyter_server [\d.]+, pid \d+/,
  );
  expect(await opened.output(3)).not.toContain("not measured");
});

test.each([
  ["light", "JupyterLab Light"],
  ["dark", "JupyterLab Dark"],
])("every report can be seen in the %s theme", async (name, theme) => {
  for (const index of [4, 5, 6]) await resultOf(index);
  await page.evaluate(async (wanted) => {
    const { jupyterapp } = globalThis as unknown as {
      jupyterapp: { commands: { execute: (command: string, args: object) => Promise<unknown> } };
    };
    await jupyterapp.commands.execute("apputils:change-theme", { theme: wanted });
  }, theme);
  await page.locator(`body[data-jp-theme-light="${name === "light"}"]`).waitFor({ state: "attached" });
  for (const [index, report] of [
    [3, "path"],
    [4, "whole"],
    [5, "cell"],
    [6, "top"],
  ] as const) {
    const cell = opened.cell(index);
    await cell.scrollIntoViewIfNeeded();
    expect(await cell.locator(".jp-OutputArea-output img, .jp-OutputArea-output table").first().isVisible()).toBe(true);
    await cell.screenshot({ path: join(screenshots, `sysinfo-${report}-${name}.png`) });
  }
});
