import { expect, test } from "vitest";
import type { Binding, Outcome } from "../../../kernel/interpreter.js";
import type { MimeBundle } from "../../../kernel/protocol/mime.js";
import type { MagicContext } from "../../../magics/dispatch/magic.js";
import { answerSysinfo, sysinfo } from "../../../magics/sysinfo.js";
import { watchSystem } from "../../../magics/sysinfo-watch.js";
import { readMoment } from "../../../profiler/system/history.js";
import { measureSystemInfo } from "../../../profiler/system/system-info.js";

const executor = { role: "executor" as const, pid: process.pid };

async function run(options: Readonly<Record<string, unknown>>) {
  const shown: MimeBundle[] = [];
  const bound: Binding[] = [];
  const needed = {
    line: options.line ?? "",
    display: (bundle: MimeBundle) => void shown.push(bundle),
    bind: async (binding: Binding) => void bound.push(binding),
    pingFrontEnd: async () => ({ value: 2 }),
    probe: { processes: () => [executor], samplesEndpoint: async () => "", cellWatchPath: "" },
  };
  // The magic takes these five and nothing else of its context.
  const outcome = await sysinfo.run(
    { all: false, json: false, interval: 60, ...options },
    needed as unknown as MagicContext,
  );
  return { outcome, shown, bound };
}

test("shows one report, as text, as a page and as data", async () => {
  const { outcome, shown, bound } = await run({});
  expect(outcome).toBeUndefined();
  expect(bound).toEqual([]);
  expect(shown.map((bundle) => Object.keys(bundle))).toEqual([
    ["text/plain", "text/html", "application/vnd.cellscope.sysinfo.v1+json"],
  ]);
  expect(shown[0]?.["text/plain"]).toMatch(/^(This machine shows .*; this kernel|This kernel) may use /);
  expect(shown[0]?.["text/plain"]).toContain(`executor  ${process.pid}`);
});

test("--json shows the figures as JSON", async () => {
  const { shown } = await run({ json: true });
  const info = JSON.parse(String(shown[0]?.["text/plain"]));
  expect(info.processes).toMatchObject([executor]);
  expect(info.memory.holds.value).toBeGreaterThan(0);
});

test("-o puts the figures into a variable", async () => {
  const { bound, shown } = await run({ output: "now" });
  expect(bound).toEqual([
    {
      name: "now",
      type: 'import("cellscope").SystemInfo',
      value: { kind: "json", data: shown[0]?.["application/vnd.cellscope.sysinfo.v1+json"] },
    },
  ]);
});

test.each([10, 120_000])(
  "an interval of %d ms, too short to say anything or too long to wait for, is refused",
  async (interval) => {
    await expect(run({ interval })).rejects.toThrow(`--interval must be from 50ms to 60s, got "${interval}ms".`);
  },
);

test("a section that does not exist is refused with those that do", async () => {
  await expect(run({ line: "memory memroy" })).rejects.toThrow('There is no section "memroy"; there are: memory, cpu');
});

test("without an interval it tells of what the kernel has counted lately, without waiting", async () => {
  const moment = await readMoment([executor]);
  const kept = { ...moment, at: performance.now() - 30_000 };
  const history = { moments: () => [kept], close: () => undefined };
  const watchRuntime = async () => ({ missing: "not asked here" });
  const info = await measureSystemInfo([executor], { history, watchRuntime });
  expect(info.interval).toBeGreaterThanOrEqual(30_000);
  expect(info.trends.find(({ resource }) => resource === "memory")?.shares).toHaveLength(2);
});

test("what cells ask for by sysinfo() is the same, and a mistake in it is told", async () => {
  const probe = { processes: () => [executor], samplesEndpoint: async () => "", cellWatchPath: "" };
  expect(await answerSysinfo(probe, { interval: 60 })).toMatchObject({ processes: [executor] });
  expect(() => answerSysinfo(probe, { interval: "1s" })).toThrow(
    "interval must be a number of milliseconds, got string.",
  );
  await expect(answerSysinfo(probe, { interval: 3 })).rejects.toThrow('interval must be from 50ms to 60s, got "3ms".');
});

test("%%sysinfo runs the cell, shows what it did to the system, and hands on how it ended", async () => {
  const shown: MimeBundle[] = [];
  const outcome: Outcome = { status: "error", error: { ename: "Error", evalue: "mine", traceback: [] } };
  const context = {
    form: "cell",
    body: "throw new Error('mine')",
    execute: async () => outcome,
    display: (bundle: MimeBundle) => void shown.push(bundle),
    probe: { processes: () => [executor], samplesEndpoint: async () => "", cellWatchPath: "" },
  };
  const flags = { all: false, json: false, top: false, path: false, watch: false };
  // The cell form takes these and nothing else of its context.
  expect(await sysinfo.run(flags, context as unknown as MagicContext)).toBe(outcome);
  expect(String(shown[0]?.["text/plain"])).toMatch(/^This cell took /);
  await expect(sysinfo.run({ ...flags, watch: true }, context as unknown as MagicContext)).rejects.toThrow(
    "--watch is for %sysinfo on a line; %%sysinfo takes --json and -o.",
  );
});

test.each([
  [{ top: true, line: "x" }, '--top takes a number of processes from 1 to 1000, got "x".'],
  [{ top: true, line: "0" }, '--top takes a number of processes from 1 to 1000, got "0".'],
  [{ watch: true, line: "-3" }, '--watch takes a number of seconds from 0 to 3600, got "-3".'],
  [{ path: true, line: "memory" }, '--path takes no names of sections, got "memory".'],
  [{ path: true, top: true }, "--top, --path and --watch are reports of their own: give one of them."],
])("%j is refused with what would be right", async (options, message) => {
  await expect(run(options)).rejects.toThrow(message);
});

test("a watch renews its report in its place after the cell has ended, until the next watch or the kernel's end", async () => {
  const closing = new AbortController();
  const shown: { readonly id: string | undefined; readonly update: boolean | undefined }[] = [];
  const updated = settable();
  const probe = { processes: () => [], samplesEndpoint: async () => "", cellWatchPath: "" };
  const context = {
    probe,
    signal: closing.signal,
    output: {
      stream: (_: string, text: string) => updated.reject(new Error(text)),
      display: () => undefined,
      clear: () => undefined,
    },
    display: (
      _: MimeBundle,
      { displayId, update }: { readonly displayId?: string; readonly update?: boolean } = {},
    ) => {
      shown.push({ id: displayId, update });
      if (update) updated.resolve();
    },
  };
  await watchSystem(context, async () => ({ "text/plain": "now" }), 60_000);
  expect(shown).toMatchObject([{ update: undefined }]);
  await updated.promise;
  expect(shown[1]).toEqual({ id: shown[0]?.id, update: true });
  await watchSystem(context, async () => ({ "text/plain": "now" }), 0);
  closing.abort();
});

function settable() {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve: () => resolve(), reject: (error: Error) => reject(error) };
}

test.each([
  ["top", { by: "memory" }, { value: { by: "memory" } }, 'Measured<import("cellscope").TopProcesses>'],
  ["path", { frontEnd: { value: 2 } }, { frontEnd: { value: 2 } }, "DataPath"],
])("--%s gives its figures as JSON, and to a variable with its type", async (form, json, data, type) => {
  const { shown, bound } = await run({ [form]: true, by: "memory", json: true, output: "seen", interval: 50 });
  expect(JSON.parse(String(shown[0]?.["text/plain"]))).toMatchObject(json);
  expect(bound).toMatchObject([{ name: "seen", value: { kind: "json", data }, type: `import("cellscope").${type}` }]);
});

test("--watch with a variable to fill is refused: its figures change", async () => {
  await expect(run({ watch: true, output: "seen" })).rejects.toThrow("--watch shows its report only");
});
