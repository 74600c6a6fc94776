// What is more than cells in JupyterLab: links into files, comms with the page, and cells that end their own process.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { connectBrowser, NotebookPage, writeNotebook } from "./notebook-page.js";

interface Language {
  readonly kernel: string;
  readonly shown: RegExp;
  /** A file beside the notebook that fails in its second line, and a cell that makes it fail. */
  readonly file: string;
  readonly text: string;
  readonly fail: string;
  readonly register: string;
  readonly open: string;
}

const languages: readonly Language[] = [
  {
    kernel: "cellscope",
    shown: /TypeScript/,
    file: "lib.ts",
    text: "export function fail(): never {\n  throw new TypeError('from a file');\n}\n",
    fail: 'import { fail } from "./lib";\nfail();',
    register:
      'import { comms } from "cellscope";\nconst unregister = comms.register("echo", (comm) => comm.onMessage(({ data }) => comm.send({ got: data })));',
    open: 'const mine = comms.open("page", { from: "cell" });',
  },
  {
    kernel: "python3",
    shown: /Python 3/,
    file: "lib.py",
    text: "def fail():\n    raise TypeError('from a file')\n",
    fail: "from lib import fail\nfail()",
    register:
      "from comm import create_comm, get_comm_manager\n" +
      "get_comm_manager().register_target('echo', lambda comm, msg: " +
      "comm.on_msg(lambda m: comm.send({'got': m['content']['data']})))",
    open: "mine = create_comm(target_name='page', data={'from': 'cell'})",
  },
];

/** What the page's script uses of JupyterLab. */
interface Lab {
  readonly shell: {
    readonly currentWidget: { readonly sessionContext: { readonly session: { readonly kernel: Kernel } } };
  };
}
interface Kernel {
  readonly createComm: (target: string) => Comm;
  readonly registerCommTarget: (target: string, open: (comm: Comm, message: CommMessage) => void) => void;
}
interface Comm {
  onMsg: (message: CommMessage) => void;
  readonly open: (data: object) => { readonly done: Promise<unknown> };
  readonly send: (data: object) => unknown;
}
interface CommMessage {
  readonly content: { readonly data: unknown };
}

let browser: Browser;
let notebook: NotebookPage;

beforeAll(async () => {
  browser = await connectBrowser();
});
afterEach(async () => {
  await notebook?.page.close();
});
afterAll(async () => {
  await browser?.close();
});

async function open(kernel: string, shown: RegExp, name: string, cells: readonly string[]): Promise<void> {
  const file = `${name}-${kernel}.ipynb`;
  await writeNotebook(file, kernel, cells);
  notebook = await NotebookPage.open(browser, "JupyterLab", file, shown);
}

describe.each(languages.map((language) => [language.kernel, language] as const))("%s", (kernel, language) => {
  test("an error in a file has a link, and the link opens the file at its line", async () => {
    await writeFile(join(inject("server").root, language.file), language.text);
    await open(kernel, language.shown, "link", [language.fail]);
    await notebook.expectResult(0, /TypeError: from a file$/);
    const link = notebook.cell(0).locator(`.jp-OutputArea-output a[href*="${language.file}"]`).first();
    expect(await link.getAttribute("href")).toMatch(/#line=1$/);
    await link.click();
    await notebook.page.locator(".jp-FileEditor .cm-content").waitFor();
    await notebook.page.getByText(/^Ln 2, Col 1$/).waitFor();
  });

  test("comms go both ways between a cell and the page", async () => {
    await open(kernel, language.shown, "comm", [language.register, language.open]);
    await notebook.expectResult(0, "");
    // Run in the page: what the kernel answers to a comm of the page.
    const answer = await notebook.page.evaluate(async () => {
      const { jupyterapp } = globalThis as unknown as { readonly jupyterapp: Lab };
      const comm = jupyterapp.shell.currentWidget.sessionContext.session.kernel.createComm("echo");
      const answered = new Promise<unknown>((resolve) => {
        comm.onMsg = ({ content }) => resolve(content.data);
      });
      await comm.open({}).done;
      comm.send({ number: 7 });
      return answered;
    });
    expect(answer).toEqual({ got: { number: 7 } });
    // And what a cell says to the page when it opens one.
    const opened = notebook.page.evaluate(() => {
      const { jupyterapp } = globalThis as unknown as { readonly jupyterapp: Lab };
      return new Promise<unknown>((resolve) => {
        jupyterapp.shell.currentWidget.sessionContext.session.kernel.registerCommTarget("page", (_comm, { content }) =>
          resolve(content.data),
        );
      });
    });
    await notebook.run(1);
    expect(await opened).toEqual({ from: "cell" });
  });
});

test("a cell that awaits for ever is interrupted, and the variables are kept", async () => {
  await open("cellscope", /TypeScript/, "await", [
    "const kept = 42;",
    "console.log('begun'); await new Promise(() => undefined);",
    "kept",
  ]);
  await notebook.expectResult(0, "");
  await notebook.run(1);
  await notebook.waitForOutput(1, "begun");
  await notebook.choose("Kernel", /^Interrupt Kernel/);
  await notebook.waitForPrompt(1, /^\[2\]:$/);
  await notebook.waitForOutput(1, /Interrupted/);
  await notebook.expectResult(2, "42");
});

test("a cell that ends its process is told why, the kernel lives, and numbers go on", async () => {
  await open("cellscope", /TypeScript/, "exit", ["const lost = 1;", "process.exit(3);", "lost", "6 * 7"]);
  await notebook.expectResult(0, "");
  await notebook.expectResult(1, /exit code 3/);
  await notebook.expectResult(2, /Cannot find name 'lost'/);
  await notebook.expectResult(3, "42");
  expect(await notebook.prompt(3)).toBe("[4]:");
  // No dialog: for JupyterLab, nothing has died.
  expect(await notebook.page.locator(".jp-Dialog").count()).toBe(0);
});
