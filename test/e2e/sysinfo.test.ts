import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltKernel, startBuiltKernel } from "../support/built-kernel.js";
import { runCommand } from "../support/command-line.js";

const runtime = mkdtempSync(join(tmpdir(), "cellscope-runtime-"));
const env = { JUPYTER_RUNTIME_DIR: runtime };
let kernel: BuiltKernel;
beforeAll(async () => {
  kernel = await startBuiltKernel(env);
});
afterAll(async () => {
  await kernel.close();
  rmSync(runtime, { recursive: true, force: true });
});

async function run(code: string) {
  return (await kernel.client.exchange(kernel.client.send("execute_request", { code }))).transcript;
}

test("a shell gets the figures of %sysinfo as text, as JSON, and for Prometheus", async () => {
  const [text, json, prometheus] = await Promise.all([
    runCommand(["sysinfo", "memory", "-i", "100"]),
    runCommand(["sysinfo", "--json", "-i", "100"]),
    runCommand(["sysinfo", "--prometheus", "-i", "100"]),
  ]);
  expect([text.code, json.code, prometheus.code]).toEqual([0, 0, 0]);
  expect(text.stdout).toMatch(/^memory +[█░▏▎▍▌▋▊▉]+/m);
  const info = JSON.parse(json.stdout);
  expect(info.memory.holds.value).toBeGreaterThan(0);
  expect(prometheus.stdout).toContain(
    `cellscope_limit{resource="memory_bytes",source="${info.memory.holds.name}"} ${info.memory.holds.value}\n`,
  );
});

test.each([
  [["sysinfo", "memroy"], 'There is no section "memroy"; there are: memory, cpu'],
  [["sysinfo", "-i", "1"], '--interval must be a number of milliseconds from 50 to 60000, got "1".'],
  [["sysinfo", "--json", "--prometheus"], "--json and --prometheus are two forms of the same: give one of them."],
  [["top", "nosuch"], 'There is no running kernel that is "nosuch"'],
])("%j is refused with what would be right", async (args, message) => {
  const { code, stderr } = await runCommand(args, { env });
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test("a cell asks for the same by sysinfo(), and the types know what may be missing", async () => {
  const code = `import { sysinfo } from "cellscope";
const info = await sysinfo({ interval: 60 });
// @ts-expect-error a reading must be told from a missing one first
info.memory.available.value;
"value" in info.heap && info.heap.value.holds.name`;
  expect(await run(code)).toEqual(["execute_input", "execute_result", "execute_reply:ok"]);
  expect(await run('import { sysinfo } from "cellscope"; await sysinfo({ interval: 1 })')).toEqual([
    "execute_input",
    "error",
    "execute_reply:error",
  ]);
});

test("top attaches to a kernel while a cell blocks it, and says which cell and for how long", async () => {
  const list = await runCommand(["top", "--list"], { env });
  expect(list.stdout.trim().split("\n")).toHaveLength(2);
  const marker = join(runtime, "seen");
  const blocking = run(
    `import { existsSync } from "node:fs"; const end = Date.now() + 60_000; while (!existsSync(${JSON.stringify(marker)}) && Date.now() < end);`,
  );
  const top = await runCommand(["top", "--once"], { env });
  writeFileSync(marker, "");
  expect(top.code, top.stderr).toBe(0);
  expect(top.stdout).toMatch(/^cell +In\[\d+\] runs for \d/m);
  expect(top.stdout).toMatch(/^memory +[▁▂▃▄▅▆▇█ ]+ \d+\.\d+ MiB$/m);
  expect(top.stdout).toMatch(/^executor +\d+ /m);
  expect(await blocking).toEqual(["execute_input", "execute_reply:ok"]);
});

test("top tells a program where the samples of a kernel are, with nothing else on stdout", async () => {
  const found = await runCommand(["top", "--endpoint"], { env });
  expect(found.stdout).toMatch(process.platform === "win32" ? /^tcp:\/\/127\.0\.0\.1:\d+\n$/ : /^ipc:\/\/\/\S+\n$/);
  expect(found.code).toBe(0);
});

test("a kernel that ends takes its announcement away", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cellscope-runtime-"));
  try {
    const other = await startBuiltKernel({ JUPYTER_RUNTIME_DIR: folder });
    await other.client.exchange(other.client.send("execute_request", { code: "1" }));
    expect(readdirSync(join(folder, "cellscope"))).toHaveLength(1);
    await other.close();
    expect(readdirSync(join(folder, "cellscope"))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
