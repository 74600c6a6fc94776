import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import type { Outcome } from "../../../kernel/interpreter.js";
import type { MagicContext } from "../../../magics/dispatch/magic.js";
import { memprofile } from "../../../magics/memprofile.js";

const thrown: Outcome = { status: "error", error: { ename: "Error", evalue: "no", traceback: ["Error: no"] } };
const state = { rss: 2 ** 26, heapTotal: 2 ** 23, heapUsed: 2 ** 22, external: 2 ** 20, arrayBuffers: 2 ** 10 };

/** Runs the magic over a cell that ends as `outcome`, where no samples are published. */
async function run(options: Readonly<Record<string, unknown>>, outcome: Outcome, context: Partial<MagicContext> = {}) {
  const events: unknown[] = [];
  const given = {
    form: "cell",
    calledAs: "memprofile",
    body: "1 + 1",
    directory: () => ({ current: tmpdir() }),
    display: (bundle: Readonly<Record<string, unknown>>) =>
      events.push(["display", String(bundle["text/plain"]).split("\n")[0]]),
    output: { stream: (name: string, text: string) => events.push([name, text]) },
    bind: async ({ name, type }: { readonly name: string; readonly type: string }) => events.push(["bind", name, type]),
    probe: { processes: () => [], samplesEndpoint: async () => "", cellWatchPath: "/watch.cjs" },
    execute: async (
      code: string,
      { watch }: { readonly watch: { readonly onReading: (reading: unknown) => void } },
    ) => {
      events.push(["execute", code]);
      const [began, ended] = [0, 5];
      const cpu = { user: 1, system: 1 };
      watch.onReading({
        value: {
          began,
          ended,
          cpu,
          baseline: state,
          end: state,
          kept: state,
          pauses: [],
          hwm: { value: 2 ** 27 },
          heapPeak: { value: 2 ** 22 },
        },
      });
      return outcome;
    },
    ...context,
  };
  // The magic takes these and nothing else of its context.
  const result = await memprofile.run(
    { interval: 10, lines: false, function: [], repeat: 1, children: false, quiet: false, ...options },
    given as unknown as MagicContext,
  );
  return { result, events };
}

test("runs the cell, shows the report and returns the cell's value", async () => {
  const outcome: Outcome = { status: "ok", result: { "text/plain": "2" } };
  const { result, events } = await run({}, outcome);
  expect(result).toBe(outcome);
  expect(events).toEqual([
    ["execute", "1 + 1"],
    ["display", "peak memory: 128.00 MiB, increment: 64.00 MiB"],
  ]);
});

test("shows the report of a cell that throws, and returns its error", async () => {
  const { result, events } = await run({}, thrown);
  expect(result).toBe(thrown);
  expect(events).toHaveLength(2);
});

test("-o binds the profile, typed", async () => {
  const { events } = await run({ output: "samples" }, { status: "ok" });
  expect(events.at(-1)).toEqual(["bind", "samples", 'import("cellscope").MemoryProfile']);
});

test("a report that cannot be shown does not lose the cell", async () => {
  const display = () => {
    throw new Error("no room");
  };
  const { result, events } = await run({}, thrown, { display });
  expect(result).toBe(thrown);
  expect(events.at(-1)).toEqual(["stderr", "The report could not be made: no room\n"]);
});

test("code that never ran has no report", async () => {
  const { result, events } = await run({ output: "samples" }, thrown, { execute: async () => thrown });
  expect([result, events]).toEqual([thrown, []]);
});

test.each([4, 60_001])("an interval of %d ms is refused", async (interval) => {
  await expect(run({ interval }, { status: "ok" })).rejects.toThrow(
    `--interval must be from 5ms to 60s, got "${interval}ms".`,
  );
});

test.each([
  [{ leaks: true }, "--temporary-allocations cannot go with --leaks: V8 samples either all that is allocated or what"],
  [{ temporal: true }, "--temporary-allocations cannot go with --temporal: V8 samples"],
  [{ noStacks: true }, "--temporary-allocations cannot go with --no-stacks: it is the stacks that it shows."],
])("--temporary-allocations with %j is refused before anything runs", async (options, message) => {
  let ran = false;
  const execute = async () => {
    ran = true;
    return thrown;
  };
  await expect(run({ temporaryAllocations: true, ...options }, { status: "ok" }, { execute })).rejects.toThrow(message);
  expect(ran).toBe(false);
});

test("the time of --timeout begins with the code, and ends with it, whatever is measured before and after", async () => {
  const told: boolean[] = [];
  const interrupts: number[] = [];
  const execute = async (
    _: string,
    { watch }: { readonly watch: { readonly onRun?: (isRunning: boolean) => void } },
  ) => {
    told.push(watch.onRun !== undefined);
    const turns = (count: number) => new Promise((resolve) => setTimeout(resolve, count));
    // A snapshot of the heap before the code, and one after it.
    await turns(40);
    watch.onRun?.(true);
    watch.onRun?.(false);
    await turns(40);
    return { status: "ok" } as const;
  };
  const interrupt = async () => {
    interrupts.push(1);
  };
  const context = { execute, interrupt } as unknown as Partial<MagicContext>;
  await run({ timeout: 20 }, { status: "ok" }, context);
  await run({}, { status: "ok" }, context);
  expect([told, interrupts]).toEqual([[true, false], []]);
});

test.each([
  ["prof.svg", "--output takes the name of a variable, or a file that ends in .json, .arrow, .html, "],
  ["2 runs", "--output must be"],
  ["no/such/directory/prof.json", "--output cannot write "],
])("--output %s is refused before anything runs", async (output, message) => {
  let ran = false;
  const execute = async () => {
    ran = true;
    return thrown;
  };
  await expect(run({ output }, { status: "ok" }, { execute })).rejects.toThrow(message);
  expect(ran).toBe(false);
});
