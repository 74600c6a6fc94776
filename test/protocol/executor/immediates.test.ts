// Node keeps immediates in a list which code that is stopped in the middle of one leaves in disorder.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltExecutor, beginCell, buildExecutor, runCell } from "../../support/built-executor.js";

let executor: BuiltExecutor;
beforeAll(async () => {
  executor = await buildExecutor();
});
afterAll(() => executor.remove());

const busy = `setImmediate(() => { console.log("begun"); for (;;); });`;
const idle = `setImmediate(() => {});`;

test.each([
  ["the only one", busy],
  ["the first of several", `${busy} ${idle} ${idle}`],
  ["one in the middle", `${idle} ${busy} ${idle}`],
  ["the last of several", `${idle} ${idle} ${busy}`],
])("immediates and timers go on after a busy loop was stopped in %s", async (_name, code) => {
  const host = executor.start();
  await runCell(host, "exports.kept = 1;");
  for (let time = 0; time < 3; time++) {
    const run = beginCell(host, `${code} await new Promise(() => {});`);
    await run.printed("begun");
    await host.interrupt();
    expect((await run.ended).end).toEqual({ status: "interrupted" });
    const { end, shown } = await runCell(
      host,
      `const next = () => new Promise((resolve) => setImmediate(resolve));
       for (let turn = 0; turn < 3; turn++) await next();
       await Promise.all([next(), next(), next()]);
       await new Promise((resolve) => setTimeout(resolve, 1));
       exports.value = exports.kept;`,
      { resultName: "value" },
    );
    expect({ end, shown }).toEqual({ end: { status: "ok", result: { "text/plain": "1" } }, shown: [] });
  }
  await host.close();
});

test("immediates that wait behind one that is stopped still run, in their order", async () => {
  const host = executor.start();
  const run = beginCell(
    host,
    `${idle} ${busy}
     setImmediate((text) => console.log(text), "second");
     setImmediate(() => console.log("third"));
     await new Promise(() => {});`,
  );
  await run.printed("begun");
  await host.interrupt();
  await run.printed("second\nthird\n");
  await host.close();
});

test("an executor whose immediates were stopped comes to rest", async () => {
  const host = executor.start();
  const run = beginCell(host, `${busy} ${idle} ${idle} await new Promise(() => {});`);
  await run.printed("begun");
  await host.interrupt();
  await run.ended;
  const { end } = await runCell(
    host,
    `await new Promise((resolve) => setTimeout(resolve, 400));
     const before = process.cpuUsage();
     await new Promise((resolve) => setTimeout(resolve, 400));
     const { user, system } = process.cpuUsage(before);
     // Microseconds; a loop that never sleeps would take all 400,000 of them.
     exports.value = user + system < 200_000;`,
    { resultName: "value" },
  );
  expect(end).toEqual({ status: "ok", result: { "text/plain": "true" } });
  await host.close();
});
