// What a kernel does where kernels differ, asked of Cellscope, stock tslab, ipykernel and Deno's kernel in one run. Run
// by `npm run bench -- conduct`; `npm run bench -- kernel` measures how quick they are.
import { setTimeout } from "node:timers/promises";
import { languagePlace } from "../cli/language-place.js";
import { prepareLanguage } from "../kernel/language/client.js";
import { type MeasuredKernel, startMeasured } from "./kernel-client.js";
import { peers, preparePeers } from "./kernel-peers.js";

/** The cells of a question in the languages of the kernels. */
interface Cells {
  readonly ownProcess: string;
  readonly wrongType: string;
  readonly fails: string;
  readonly declares: readonly [string, string];
  readonly open: string;
  readonly member: string;
  readonly invalid: string;
  readonly documented: string;
  readonly child: string;
  readonly late: string;
  readonly waits: string;
  readonly busy: string;
}

const typeScript: Cells = {
  ownProcess: "process.exit(3)",
  wrongType: 'const n: number = "text";',
  fails: 'throw new TypeError("boom");',
  declares: ["const a: number = 1;", 'const a: string = "text"; a.length'],
  open: "if (true) {",
  member: "Math.sq",
  invalid: "const 1 = 2",
  documented: "Math.sqrt",
  child: 'import { spawnSync } from "node:child_process"; spawnSync("echo", ["hi"], { stdio: "inherit" });',
  late: 'setTimeout(() => console.log("late"), 300);',
  waits: "await new Promise((done) => setTimeout(done, 1000));",
  busy: "{ const end = Date.now() + 3000; while (Date.now() < end); }",
};
const python: Cells = {
  ownProcess: "import os; os._exit(3)",
  wrongType: 'n: int = "text"',
  fails: "raise TypeError('boom')",
  declares: ["a: int = 1", 'a: str = "text"; len(a)'],
  open: "if True:",
  member: "math.sq",
  invalid: "1 = 2",
  documented: "math.sqrt",
  child: 'import subprocess; subprocess.run(["echo", "hi"])',
  late: 'import threading; threading.Timer(0.3, lambda: print("late")).start()',
  waits: "import asyncio; await asyncio.sleep(1)",
  busy: "import time\nend = time.time() + 3\nwhile time.time() < end: pass",
};
const cellsOf = (name: string): Cells =>
  name === "ipykernel"
    ? python
    : name === "deno"
      ? {
          ...typeScript,
          ownProcess: "Deno.exit(3)",
          child: 'new Deno.Command("echo", { args: ["hi"], stdout: "inherit" }).outputSync();',
        }
      : typeScript;

type Check = (kernel: MeasuredKernel, cells: Cells) => Promise<string>;

const limit = 10_000;
const yesOrNo = (holds: boolean) => (holds ? "yes" : "no");
const run = async (kernel: MeasuredKernel, code: string) =>
  (await kernel.execute(code, { limit }).reply)?.content ?? { status: "no answer" };
const ask = async (kernel: MeasuredKernel, msgType: string, content: object) =>
  (await kernel.ask("shell", msgType, { ...content }, { limit }))?.content ?? {};

const checks: Readonly<Record<string, Check>> = {
  "the reply of a cell that fails has the error's name and message": async (kernel, { fails }) => {
    const { status, ename, evalue } = await run(kernel, fails);
    return yesOrNo(status === "error" && ename === "TypeError" && evalue === "boom");
  },
  "a wrong type is refused before the cell runs": async (kernel, { wrongType }) =>
    yesOrNo((await run(kernel, wrongType)).status === "error"),
  "a name may be declared again with another type": async (kernel, { declares: [first, again] }) => {
    await run(kernel, first);
    return yesOrNo((await run(kernel, again)).status === "ok");
  },
  "the kernel outlives a cell that ends its process": async (kernel, { ownProcess }) => {
    await run(kernel, ownProcess);
    return yesOrNo((await run(kernel, "1 + 1")).status === "ok");
  },
  "a child process prints into its cell": async (kernel, { child }) => {
    const cell = kernel.execute(child, { limit });
    await cell.reply;
    await setTimeout(500);
    return yesOrNo(cell.output.lines === 1);
  },
  "what a timer prints goes to the cell that set it": async (kernel, { late, waits }) => {
    const setting = kernel.execute(late, { limit });
    await setting.reply;
    const waiting = kernel.execute(waits, { limit });
    await waiting.reply;
    await setTimeout(500);
    return setting.output.lines === 1 ? "yes" : waiting.output.lines === 1 ? "to the one that runs" : "no";
  },
  "completion while a cell computes": async (kernel, { busy, member }) => {
    const cell = kernel.execute(busy, { limit });
    await setTimeout(300);
    const answer = kernel.ask("shell", "complete_request", { code: member, cursor_pos: member.length }, { limit });
    const first = await Promise.race([answer.then(() => "yes"), cell.reply.then(() => "after it")]);
    await cell.reply;
    await answer;
    return first;
  },
  "inspection shows documentation": async (kernel, { documented }) => {
    const content = { code: documented, cursor_pos: documented.length, detail_level: 0 };
    const { data } = await ask(kernel, "inspect_request", content);
    const text = String((data as Record<string, unknown> | undefined)?.["text/plain"]);
    return yesOrNo(/square root/.test(text));
  },
  "is_complete tells what is open and what is wrong": async (kernel, { open, invalid }) => {
    const statusOf = async (code: string) => (await ask(kernel, "is_complete_request", { code })).status;
    return yesOrNo((await statusOf(open)) === "incomplete" && (await statusOf(invalid)) === "invalid");
  },
  "history is kept": async (kernel) => {
    await run(kernel, "1 + 1");
    const { history } = await ask(kernel, "history_request", {
      hist_access_type: "tail",
      n: 1,
      output: false,
      raw: true,
    });
    return yesOrNo(Array.isArray(history) && history.length > 0);
  },
};

const cwd = preparePeers();
delete process.env.NODE_EXTRA_CA_CERTS;
// `math` is known to ipykernel once it has been imported; the others do not mind.
const prepare = (name: string) => (name === "ipykernel" ? "import math" : "1");
await prepareLanguage(languagePlace());
const names = Object.keys(peers);
const columns: string[][] = [];
for (const name of names) {
  const peer = peers[name]?.();
  if (!peer || "absent" in peer) {
    console.error(`${name} is left out: ${peer?.absent}`);
    continue;
  }
  const column = [`${name} ${peer.version}`];
  for (const check of Object.values(checks)) {
    const kernel = await startMeasured(peer.launch, cwd);
    try {
      await kernel.ask("shell", "kernel_info_request", {}, { limit: 60_000, repeatAfter: 5000 });
      await kernel.execute(prepare(name)).reply;
      column.push(await check(kernel, cellsOf(name)));
    } catch {
      // The kernel has ended, which is an answer.
      column.push("no: it ends");
    } finally {
      await kernel.close();
    }
  }
  columns.push(column);
}
const head = `| | ${columns.map(([title]) => title).join(" | ")} |\n| --- |${" --- |".repeat(columns.length)}`;
const rows = Object.keys(checks).map(
  (title, row) => `| ${title} | ${columns.map((column) => column[row + 1]).join(" | ")} |`,
);
console.log([head, ...rows].join("\n"));
