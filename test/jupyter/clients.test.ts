// The same steps, in each front end, by this kernel and by ipykernel: what a person sees must be the same.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectBrowser, frontEnds, NotebookPage, patience, writeNotebook } from "./notebook-page.js";

interface Language {
  readonly kernel: string;
  readonly shown: RegExp;
  readonly first: string;
  readonly second: string;
  /** Says that it has begun, and never ends. */
  readonly spin: string;
  /** Fails in its second line. */
  readonly fail: string;
  readonly failure: readonly RegExp[];
  readonly ask: string;
  readonly askPassword: string;
  /** Ends the kernel's own process, not only that of the cells. */
  readonly kill: string;
  readonly complete: string;
  readonly inspect: string;
  readonly documentation: RegExp;
  readonly unknown: RegExp;
  readonly interrupted: RegExp;
}

const languages: readonly Language[] = [
  {
    kernel: "cellscope",
    shown: /TypeScript/,
    first: "const twenty: number = 20;",
    second: "twenty + 22",
    spin: 'console.log("begun"); while (true) {}',
    fail: "const before = 1;\nthrow new TypeError('boom');",
    failure: [/TypeError: boom/, /In ?\[\d+\]\D{1,8}2\b/],
    ask: "const name = prompt('who?');\nname",
    askPassword: 'import { askPassword } from "cellscope";\nconst secret = await askPassword("secret? ");\nsecret',
    kill: 'process.kill(process.ppid, "SIGKILL");',
    complete: "Math.sq",
    inspect: "Math.sqrt",
    documentation: /square root/,
    unknown: /Cannot find name 'twenty'/,
    interrupted: /Interrupted/,
  },
  {
    kernel: "python3",
    shown: /Python 3/,
    first: "import math, os, getpass; twenty = 20",
    second: "twenty + 22",
    spin: "print('begun', flush=True)\nwhile True: pass",
    fail: "before = 1\nraise TypeError('boom')",
    failure: [/TypeError: boom/, /In ?\[\d+\]\D{1,8}2\b/],
    ask: "name = input('who? ')\nname",
    askPassword: 'import getpass\nsecret = getpass.getpass("secret? ")\nsecret',
    kill: "import os; os.kill(os.getpid(), 9)",
    complete: "math.sq",
    inspect: "math.sqrt",
    documentation: /square root/,
    unknown: /name 'twenty' is not defined/,
    interrupted: /KeyboardInterrupt/,
  },
];

let browser: Browser;

beforeAll(async () => {
  browser = await connectBrowser();
});
afterAll(async () => {
  await browser?.close();
});

const frontEndNames = Object.keys(frontEnds) as (keyof typeof frontEnds)[];

describe.each(frontEndNames)("%s", (frontEnd) => {
  describe.each(languages.map((language) => [language.kernel, language] as const))("%s", (_kernel, language) => {
    const { first, second, spin, fail, ask, askPassword, kill } = language;
    const cells = [first, second, spin, fail, ask, askPassword, kill, ""];
    const at = { first: 0, second: 1, spin: 2, fail: 3, ask: 4, askPassword: 5, kill: 6, empty: 7 };
    let notebook: NotebookPage;

    beforeAll(async () => {
      const file = `${language.kernel}-${frontEnd.replace(" ", "-")}.ipynb`;
      await writeNotebook(file, language.kernel, cells);
      notebook = await NotebookPage.open(browser, frontEnd, file, language.shown);
    });
    afterAll(async () => {
      await notebook?.page.close();
    });

    test("cells run one after the other and get their numbers", async () => {
      await notebook.expectResult(at.first, "");
      await notebook.expectResult(at.second, "42");
      expect([await notebook.prompt(at.first), await notebook.prompt(at.second)]).toEqual(["[1]:", "[2]:"]);
    });

    test("a loop without end is interrupted from the menu, and the variables are kept", async () => {
      await notebook.run(at.spin);
      // An interrupt before that would meet a kernel that does nothing yet.
      await notebook.waitForOutput(at.spin, /begun/);
      await notebook.choose("Kernel", /^Interrupt Kernel/);
      await notebook.waitForPrompt(at.spin, /^\[\d+\]:$/);
      await notebook.waitForOutput(at.spin, language.interrupted);
      await notebook.expectResult(at.second, "42");
    });

    test("an error names the cell and its line, and is drawn as an error", async () => {
      await notebook.expectResult(at.fail, /(^|\n)TypeError: boom$/);
      const shown = await notebook.output(at.fail);
      for (const part of language.failure) expect(shown).toMatch(part);
      const area = notebook.cell(at.fail).locator('[data-mime-type="application/vnd.jupyter.stderr"]');
      expect(await area.count()).toBe(1);
    });

    test("Tab completes, and Shift-Tab shows the documentation", async () => {
      await notebook.write(at.empty, language.complete);
      await notebook.page.keyboard.press("Tab");
      // One match is offered like many: Enter takes it.
      await notebook.page.locator(".jp-Completer:visible .jp-Completer-match", { hasText: "sqrt" }).waitFor();
      await notebook.page.keyboard.press("Enter");
      await expect
        .poll(async () => (await notebook.cell(at.empty).locator(".cm-content").textContent())?.trim(), {
          timeout: patience,
        })
        .toBe(language.inspect);
      await notebook.write(at.empty, language.inspect);
      await notebook.page.keyboard.press("Shift+Tab");
      const tooltip = notebook.page.locator(".jp-Tooltip");
      await tooltip.waitFor();
      await expect.poll(() => tooltip.textContent(), { timeout: patience }).toMatch(language.documentation);
      await notebook.page.keyboard.press("Escape");
      await tooltip.waitFor({ state: "detached" });
    });

    test("what a cell asks for is typed into a box under it; a password is not shown", async () => {
      await notebook.run(at.ask);
      const box = notebook.cell(at.ask).locator("input.jp-Stdin-input");
      await box.waitFor();
      expect(await notebook.cell(at.ask).locator(".jp-Stdin-prompt").textContent()).toContain("who?");
      expect(await box.getAttribute("type")).not.toBe("password");
      await box.fill("seven");
      await box.press("Enter");
      await notebook.waitForPrompt(at.ask, /^\[\d+\]:$/);
      await notebook.waitForOutput(at.ask, /'seven'$/);

      await notebook.run(at.askPassword);
      const hidden = notebook.cell(at.askPassword).locator("input.jp-Stdin-input");
      await hidden.waitFor();
      expect(await hidden.getAttribute("type")).toBe("password");
      await hidden.fill("pssst");
      await hidden.press("Enter");
      await notebook.waitForPrompt(at.askPassword, /^\[\d+\]:$/);
      await notebook.waitForOutput(at.askPassword, /'pssst'$/);
    });

    test("after a restart the variables are gone, and numbers begin with 1", async () => {
      await notebook.untilRestarted(async () => {
        await notebook.choose("Kernel", /^Restart Kernel…/);
        await notebook.accept();
      });
      await notebook.expectResult(at.second, language.unknown);
      expect(await notebook.prompt(at.second)).toBe("[1]:");
    });

    test("a kernel that is killed is started again, and the next cell runs", async () => {
      await notebook.run(at.kill);
      // From here on, what is run waits for the next kernel.
      await notebook.page.locator(".jp-Dialog", { hasText: /Kernel Restarting/ }).waitFor();
      await notebook.accept();
      await notebook.expectResult(at.first, "");
      expect(await notebook.prompt(at.first)).toBe("[1]:");
    });

    test("all cells run from the menu, also after a restart; a failing cell stops the rest", async () => {
      await notebook.write(at.spin, "1");
      await notebook.choose("Run", /^Restart Kernel and Run All Cells/);
      await notebook.accept();
      await notebook.waitForPrompt(at.fail, /^\[4\]:$/);
      await notebook.waitForPrompt(at.ask, /^\[ ?\]:$/);
      await notebook.waitForOutput(at.second, "42");
      await notebook.write(at.fail, "2");
      for (const index of [at.ask, at.askPassword, at.kill, at.empty]) await notebook.write(index, `${index}`);
      await notebook.choose("Run", /^Run All Cells$/);
      await notebook.waitForPrompt(at.empty, /^\[12\]:$/);
      expect(await notebook.waitForAll()).toEqual(["[5]:", "[6]:", "[7]:", "[8]:", "[9]:", "[10]:", "[11]:", "[12]:"]);
    });
  });
});
