import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../../kernel/interpreter.js";
import { defineMagic, type Magic } from "../../../../magics/dispatch/magic.js";
import { withMagics } from "../../../../magics/dispatch/with-magics.js";
import { createRecording, noProbe, type Recording } from "../../../support/recording-interpreter.js";

/** Tells how it was called. */
const trial = defineMagic({
  name: "trial",
  aliases: ["attempt"],
  forms: ["line", "cell"],
  summary: "Try it.",
  operands: "[TEXT]",
  options: { quiet: { type: "flag", short: "q", description: "Say nothing." } },
  async run({ quiet }, { calledAs, form, line, display }) {
    display({ "text/plain": `${form} ${calledAs} ${JSON.stringify({ quiet, line })}` });
    return undefined;
  },
});

/** Runs its body, and shows something before and after. */
const around = defineMagic({
  name: "around",
  forms: ["line", "cell"],
  summary: "Run it.",
  operands: "EXPR",
  options: {},
  async run(_options, { body, execute, output }) {
    output.stream("stdout", "before");
    const outcome = await execute(body);
    output.stream("stdout", "after");
    return outcome;
  },
});

/** Watches what it runs, and binds what it read. */
const watching = defineMagic({
  name: "watching",
  forms: ["line", "cell"],
  summary: "Watch it.",
  operands: "EXPR",
  options: { output: { type: "string", short: "o", default: "reading", description: "Called what." } },
  async run({ output }, { body, execute, bind }) {
    let reading: unknown;
    const watch = { modulePath: "/watch.cjs", options: {}, onReading: (read: unknown) => (reading = read) };
    const outcome = await execute(body, { watch: { ...watch, onReading: (read) => void watch.onReading(read) } });
    await bind({ name: output, value: { kind: "json", data: reading }, type: "string" });
    return outcome;
  },
});

const cellOnly = defineMagic({
  name: "under",
  forms: ["cell"],
  summary: "Take what is under it.",
  body: "text",
  options: {},
  async run(_options, { body, display }) {
    display({ "text/plain": body });
    return undefined;
  },
});

const faulty = defineMagic({
  name: "faulty",
  forms: ["line"],
  summary: "Have a fault.",
  options: {},
  run: async () => {
    throw new TypeError("a fault of ours");
  },
});

const patient = defineMagic({
  name: "patient",
  forms: ["line"],
  summary: "Wait to be interrupted.",
  options: {},
  run: (_options, { signal, output }) => {
    output.stream("stdout", "waiting");
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
  },
});

const magics: Readonly<Record<string, Magic>> = { trial, around, watching, under: cellOnly, faulty, patient };

async function run(code: string): Promise<Recording & { readonly outcome: Outcome }> {
  const recording = createRecording();
  const interpreter = withMagics(recording.interpreter, magics, { probe: noProbe });
  const outcome = await interpreter.execute(code, recording.output, { executionCount: 3 });
  return { ...recording, outcome };
}

describe("a cell without a magic", () => {
  test("goes to the interpreter as it is", async () => {
    const { log, executions, outcome } = await run("const a = b\n% c");
    expect(log).toEqual(["run const a = b\n% c"]);
    expect(executions).toEqual([{ executionCount: 3 }]);
    expect(outcome).toEqual({ status: "ok", result: { "text/plain": "const a = b\n% c" } });
  });
});

describe("the parts of a cell", () => {
  test("run in their order, each where it stands, and know the whole cell", async () => {
    const code = "a()\n%trial -q one\n  b()\n%attempt two";
    const { log, executions, outcome } = await run(code);
    expect(log).toEqual([
      "run a()\n",
      'display line trial {"quiet":true,"line":"one"}',
      "run    \n             \n  b()\n",
      'display line attempt {"quiet":false,"line":"two"}',
    ]);
    expect(executions).toEqual([
      { executionCount: 3, source: code },
      { executionCount: 3, source: code },
    ]);
    expect(outcome).toEqual({ status: "ok" });
  });

  test("leave the result of the last of them", async () => {
    expect((await run("%trial\na()")).outcome).toEqual({ status: "ok", result: { "text/plain": "a()" } });
  });

  test("end at the first that fails", async () => {
    const { log, outcome } = await run("%trial\nthrow 1\n;\n%trial");
    expect(log).toHaveLength(2);
    expect(outcome).toMatchObject({ status: "error", error: { ename: "Error" } });
  });

  test("do not begin when a later one has a slip", async () => {
    const { log, outcome } = await run("a();\n%trial --quite");
    expect(log).toEqual([]);
    expect(outcome).toEqual({
      status: "error",
      error: {
        ename: "UsageError",
        evalue:
          "%trial has no option --quite. Did you mean --quiet? An expression that begins with a minus goes behind `--`.",
        traceback: [
          "UsageError: %trial has no option --quite. Did you mean --quiet? An expression that begins with a minus goes behind `--`.",
        ],
      },
    });
  });
});

describe("a magic", () => {
  test("runs what stands behind it, in its place, and has its result", async () => {
    const { log, outcome } = await run("a();\n%around f(1, -2) + 'x  y'");
    expect(log).toEqual(["run a();\n", "stdout before", "run     \n        f(1, -2) + 'x  y'", "stdout after"]);
    expect(outcome).toEqual({ status: "ok", result: { "text/plain": "f(1, -2) + 'x  y'" } });
  });

  test("runs the cell under it, in its place", async () => {
    const { log } = await run("// why\n%%around\nf()\n");
    expect(log).toEqual(["stdout before", "run       \n        \nf()\n", "stdout after"]);
  });

  test("may stand under another one", async () => {
    const { log } = await run("%%around\n%%around\n%trial\nf()");
    expect(log).toEqual([
      "stdout before",
      "stdout before",
      'display line trial {"quiet":false,"line":""}',
      "run         \n        \n      \nf()",
      "stdout after",
      "stdout after",
    ]);
  });

  test("may stand behind another one", async () => {
    expect((await run("%around %trial x")).log).toEqual([
      "stdout before",
      'display line trial {"quiet":false,"line":"x"}',
      "stdout after",
    ]);
  });

  test("shows what it has to show also when the code fails, and the error stays", async () => {
    const { log, outcome } = await run("%%around\nthrow 1");
    expect(log.at(-1)).toBe("stdout after");
    expect(outcome).toMatchObject({ status: "error", error: { ename: "Error" } });
  });

  test("takes a text of its own as it is", async () => {
    expect((await run("%%under\n  don't (\n%trial")).log).toEqual(["display        \n  don't (\n%trial"]);
  });

  test("watches the code, and binds a value", async () => {
    const { executions, bindings } = await run("%watching -o mine f()");
    expect(executions[0]?.watch).toMatchObject({ modulePath: "/watch.cjs" });
    expect(bindings).toEqual([{ name: "mine", value: { kind: "json", data: "a reading" }, type: "string" }]);
  });

  test("with a fault fails as a fault of the kernel's", async () => {
    await expect(run("%faulty")).rejects.toThrow(new TypeError("a fault of ours"));
  });

  test.each([
    ["%trial -h", "display %trial [options] [TEXT]"],
    ["%%trial --help\nf()", "display %trial [options] [TEXT]"],
    ["%around -h", "display %around [options] EXPR"],
    ["%trial?", "display %trial [options] [TEXT]"],
    ["%%under??", "display %%under [options]"],
  ])("shows its help: %s", async (code, start) => {
    const { log, outcome } = await run(code);
    expect(log.map((line) => line.split("\n")[0])).toEqual([start]);
    expect(outcome).toEqual({ status: "ok" });
  });

  test.each([
    ["%nosuch", "There is no magic %nosuch. %lsmagic lists those there are."],
    ["%trail", "There is no magic %trail. Did you mean %trial? %lsmagic lists those there are."],
    ["const a = 1\n%trail", "There is no magic %trail. Did you mean %trial? %lsmagic lists those there are."],
    ["%undr", "There is no magic %undr. Did you mean %%under? %lsmagic lists those there are."],
    ["%nosuch?", "There is no magic %nosuch. %lsmagic lists those there are."],
    ["%", "% needs the name of a magic: %lsmagic lists them."],
    ["%under", "%under is a cell magic: write %%under on the first line of the cell."],
    ["%%faulty\n", "%%faulty is a line magic: write %faulty, with one percent sign."],
    ["%faulty now", '%faulty takes nothing after its options, got "now": its line ends after the options.'],
    ["%%around f()\ng()", '%%around takes nothing after its options, got "f()": the code goes on the lines under it.'],
    ["%around", "%around needs EXPR: %around EXPR. %around -h shows its help."],
    [
      "if (a) {\n  %trial\n}",
      "%trial on line 2 stands inside a block or brackets. A magic is a line of the cell's top level: move it out.",
    ],
    [
      "a();\n\n%%around\nb()",
      "%%around on line 3 is a cell magic and must be on the first line of the cell; move it up, or into a cell of its own.",
    ],
    [
      "%%watching\na();\n%trial\nb()",
      "Only TypeScript can be measured, and %trial on line 3 is none: move it to a cell of its own.",
    ],
    ["%watching -o 1x f()", 'The name to bind must be a name such as `result`, got "1x".'],
    ["!ls", "There is no magic %shell. %lsmagic lists those there are."],
  ])("says what is wrong: %j", async (code, evalue) => {
    expect((await run(code)).outcome).toEqual({
      status: "error",
      error: { ename: "UsageError", evalue, traceback: [`UsageError: ${evalue}`] },
    });
  });

  test("of the name of another one is refused when the magics are put together", () => {
    const { interpreter } = createRecording();
    expect(() => withMagics(interpreter, { trial, other: { ...around, name: "attempt" } }, { probe: noProbe })).toThrow(
      "two magics are called attempt",
    );
  });
});

describe("help", () => {
  test("about a variable comes from the interpreter", async () => {
    expect((await run("known.thing??")).log).toEqual(["inspect known.thing @11 1", "display about known.thing"]);
  });

  test("about a magic is found without its percent sign", async () => {
    const { log } = await run("?trial");
    expect(log[1]).toMatch(/^display %trial /);
  });

  test("about nothing that is known says so, and the cell goes well", async () => {
    const { log, outcome } = await run("nothing?");
    expect(log.at(-1)).toBe("stderr There is nothing known about nothing.\n");
    expect(outcome).toEqual({ status: "ok" });
  });
});

describe("an interrupt", () => {
  test("stops the code, and what comes after it does not begin", async () => {
    const recording = createRecording();
    const interpreter = withMagics(recording.interpreter, magics, { probe: noProbe });
    const ended = interpreter.execute("%%around\nblock\n;\n%trial", recording.output, { executionCount: 1 });
    await expect.poll(() => recording.log.length).toBe(2);
    await interpreter.interrupt();
    expect(await ended).toMatchObject({ status: "error", error: { ename: "Interrupted" } });
    expect(recording.log.slice(2)).toEqual(["interrupt", "stdout after"]);
  });

  test("reaches a magic by its signal, and the cell fails", async () => {
    const recording = createRecording();
    const interpreter = withMagics(recording.interpreter, magics, { probe: noProbe });
    const ended = interpreter.execute("%patient\n%trial", recording.output, { executionCount: 1 });
    await expect.poll(() => recording.log).toEqual(["stdout waiting"]);
    await interpreter.interrupt();
    expect(await ended).toEqual({
      status: "error",
      error: {
        ename: "Interrupted",
        evalue: "the cell was interrupted",
        traceback: ["Interrupted: the cell was interrupted"],
      },
    });
  });

  test("of one cell does not reach the next", async () => {
    const recording = createRecording();
    const interpreter = withMagics(recording.interpreter, magics, { probe: noProbe });
    await interpreter.interrupt();
    expect(await interpreter.execute("%trial", recording.output, { executionCount: 1 })).toEqual({ status: "ok" });
  });
});

test("the end of the kernel reaches a magic that runs", async () => {
  const recording = createRecording();
  const interpreter = withMagics(recording.interpreter, magics, { probe: noProbe });
  const ended = interpreter.execute("%patient", recording.output, { executionCount: 1 });
  await interpreter.close();
  expect(await ended).toMatchObject({ status: "error" });
  expect(recording.log).toEqual(["stdout waiting", "close"]);
});

test("help goes where the front end has a place for it, and is a display elsewhere", async () => {
  const recording = createRecording();
  const interpreter = withMagics(recording.interpreter, { trial }, { probe: noProbe });
  const pages: unknown[] = [];
  const page = (data: Readonly<Record<string, unknown>>) => pages.push(data["text/plain"]);
  for (const code of ["%trial?", "known?"]) {
    await interpreter.execute(code, { ...recording.output, page }, { executionCount: 1 });
  }
  expect(pages).toEqual([expect.stringContaining("Try it."), "about known"]);
  expect(recording.log.filter((line) => line.startsWith("display"))).toEqual([]);
  await interpreter.execute("known?", recording.output, { executionCount: 1 });
  expect(recording.log).toContain("display about known");
});
