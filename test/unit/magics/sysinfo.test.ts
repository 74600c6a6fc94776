import { expect, test } from "vitest";
import type { Binding } from "../../../kernel/interpreter.js";
import type { MimeBundle } from "../../../kernel/protocol/mime.js";
import type { MagicContext } from "../../../magics/dispatch/magic.js";
import { answerSysinfo, sysinfo } from "../../../magics/sysinfo.js";
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
    probe: { processes: () => [executor], samplesEndpoint: async () => "", cellWatchPath: "" },
  };
  // The magic takes these four and nothing else of its context.
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
