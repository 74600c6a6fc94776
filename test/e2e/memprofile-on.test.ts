// `%memprofile on` over the built executor and language process: real cells, real memory.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CellKernel, startCells } from "../../bench/cells.js";

const line = /^peak [\d.]+ MiB \(\+([\d.]+)\) · kept ~(-?[\d.]+) MiB · [^·]+(?: · [▁▂▃▄▅▆▇█]+)?$/;

describe.runIf(process.platform === "linux")("%memprofile on", () => {
  let kernel: CellKernel;
  beforeAll(async () => {
    kernel = await startCells();
  }, 60_000);
  afterAll(() => kernel.close());

  const textsOf = async (code: string) =>
    (await kernel.run(code)).displays.map((bundle) => String(bundle["text/plain"]));

  test("there is nothing to show before anything was measured", async () => {
    const { outcome } = await kernel.run("%memprofile last");
    expect(outcome).toMatchObject({ status: "error", error: { ename: "UsageError" } });
    expect(outcome.status === "error" && outcome.error.evalue).toContain("%memprofile on records");
  });

  test("a line stands under every cell, with the exact peak, until off", async () => {
    expect(await textsOf("%memprofile on")).toEqual([]);
    await kernel.run("1");
    const [told = "", ...more] = await textsOf("const held = Buffer.alloc(60 * 1048576, 1); held.length");
    expect(more).toEqual([]);
    expect(told).toMatch(line);
    const [, increment = "", kept = ""] = line.exec(told) ?? [];
    expect(Math.abs(Number(increment) - 60)).toBeLessThan(4);
    expect(Math.abs(Number(kept) - 60)).toBeLessThan(4);

    const temporary = await textsOf(
      "{ const gone = Buffer.alloc(50 * 1048576, 1); const until = Date.now() + 250; while (Date.now() < until) gone[0] = 1; }",
    );
    expect(temporary[0]).toMatch(/ · [▁▂▃▄▅▆▇█]{4,20}$/);

    const [report = "", ...others] = await textsOf("%memprofile last");
    expect(others).toEqual([]);
    expect(report).toMatch(/^peak memory: [\d.]+ MiB, increment: (4[89]|5\d)\.\d+ MiB\n/);
    expect(report).toContain("RSS      ");
    expect(report).toContain("Watched from outside");

    const [shown = {}] = (await kernel.run("%memprofile last")).displays;
    expect(Object.keys(shown).sort()).toEqual(["text/html", "text/plain"]);

    await kernel.run("%memprofile off");
    expect(await textsOf("1 + 1")).toEqual([]);
  }, 30_000);

  test("a cell that fails has its line and its error, one that runs nothing has none", async () => {
    await kernel.run("%memprofile on");
    const failed = await kernel.run("throw new RangeError('too far')");
    expect(failed.displays).toHaveLength(1);
    expect(failed.outcome).toMatchObject({ status: "error", error: { ename: "RangeError" } });
    expect(await textsOf("const wrong: number = 'text'")).toEqual([]);
    expect(await textsOf("%pwd")).toEqual([]);
    await kernel.run("%memprofile off");
  }, 30_000);

  test("a cell with a report of its own has no line, and is the last one", async () => {
    await kernel.run("%memprofile on");
    const [report = "", ...more] = await textsOf("%memprofile Buffer.alloc(20 * 1048576, 1).length");
    expect(more).toEqual([]);
    expect((await textsOf("%memprofile last"))[0]?.split("\n")[0]).toBe(report.split("\n")[0]);
    await kernel.run("%memprofile off");
  }, 30_000);

  test("a cell that ends its process has its line, and the next one is watched", async () => {
    await kernel.run("%memprofile on");
    const { outcome, displays } = await kernel.run("process.exit(3)");
    expect(outcome.status).toBe("error");
    expect(String(displays[0]?.["text/plain"])).toMatch(/^peak ~/);
    expect((await textsOf("2"))[0]).toMatch(line);
    await kernel.run("%memprofile off");
  }, 30_000);
});
