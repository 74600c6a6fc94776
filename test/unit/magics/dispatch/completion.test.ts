import { describe, expect, test } from "vitest";
import { defineMagic } from "../../../../magics/dispatch/magic.js";
import { withMagics } from "../../../../magics/dispatch/with-magics.js";
import { createRecording, noProbe } from "../../../support/recording-interpreter.js";

const common = { summary: "Do it.", run: async () => undefined };
const magics = {
  measure: defineMagic({
    ...common,
    name: "measure",
    aliases: ["me"],
    forms: ["line", "cell"],
    operands: "EXPR",
    options: {
      interval: { type: "duration", short: "i", description: "How often." },
      format: { type: "string", short: "f", choices: ["json", "jsonl", "text"], description: "As what." },
    },
  }),
  list: defineMagic({ ...common, name: "list", forms: ["line"], operands: "[NAME]", body: "text", options: {} }),
  script: defineMagic({ ...common, name: "script", forms: ["cell"], body: "text", options: {} }),
};

function open() {
  const recording = createRecording();
  return { ...recording, interpreter: withMagics(recording.interpreter, magics, { probe: noProbe }) };
}

/** Takes the `|` out of a cell and says where it was. */
function atCursor(marked: string): readonly [code: string, cursor: number] {
  return [marked.replace("|", ""), marked.indexOf("|")];
}

describe("completion", () => {
  test.each([
    ["%|", 0, 1, ["%measure", "%%measure", "%me", "%%me", "%list", "%%script"]],
    ["%m|", 0, 2, ["%measure", "%%measure", "%me", "%%me"]],
    ["  %li|", 2, 5, ["%list"]],
    ["%l|ist", 0, 5, ["%list"]],
    ["%%|", 0, 2, ["%%measure", "%%me", "%%script"]],
    ["%%s|\necho", 0, 3, ["%%script"]],
    ["f();\n%|", 5, 6, ["%measure", "%me", "%list"]],
    ["const a = 1\n%li|", 12, 15, ["%list"]],
    ["//% li|", 2, 6, ["% list"]],
    ["%measure |", 9, 9, ["--interval", "-i", "--format", "-f", "--help", "-h"]],
    ["%measure --|", 9, 11, ["--interval", "--format", "--help"]],
    ["%measure -i 5 --fo|", 14, 18, ["--format"]],
    ["%measure --format |", 18, 18, ["json", "jsonl", "text"]],
    ["%measure -f js|", 12, 14, ["json", "jsonl"]],
    ["%measure --format=t|", 18, 19, ["text"]],
    ["%measure -i |", 12, 12, []],
    ["%%measure --in|\nf()", 10, 14, ["--interval"]],
    ["%list a|", 7, 7, []],
    ["%%script\nec|", 11, 11, []],
    ["!ec|", 3, 3, []],
    ["%nosuch a|", 9, 9, []],
  ])("of %j", async (marked, cursorStart, cursorEnd, matches) => {
    const { interpreter, log } = open();
    const completion = await interpreter.complete(...atCursor(marked));
    expect(completion).toMatchObject({ matches, cursorStart, cursorEnd });
    expect(completion.items?.map(({ text, start, end }) => [text, start, end])).toEqual(
      matches.map((match) => [match, cursorStart, cursorEnd]),
    );
    expect(log).toEqual([]);
  });

  test.each([
    ["const a = b\n% c|", "const a = b\n% c"],
    ["a.b|\n%list x\nb", "a.b\n       \nb"],
    ["%measure -i 5 fo|o.bar\nb", "              foo.bar\nb"],
    ["%%measure -i 5\nfo|o\n%list", "              \nfoo\n     "],
    ["%%measure\n%measure fo|o", "         \n         foo"],
    ["fo|o?", "foo "],
    ["{\n  %list\n  fo|", "{\n       \n  fo"],
  ])("of %j is for the interpreter, with the magics blanked", async (marked, code) => {
    const { interpreter, log } = open();
    const [source, cursor] = atCursor(marked);
    expect(await interpreter.complete(source, cursor)).toMatchObject({ matches: ["inner"] });
    expect(log).toEqual([`complete ${code} @${cursor}`]);
  });

  test("says what a magic and its options are for", async () => {
    const { interpreter } = open();
    expect((await interpreter.complete("%li", 3)).items).toEqual([
      { text: "%list", start: 0, end: 3, type: "magic", signature: "Do it." },
    ]);
    expect((await interpreter.complete("%measure --in", 13)).items).toEqual([
      { text: "--interval", start: 9, end: 13, type: "option", signature: "How often." },
    ]);
  });
});

describe("inspection", () => {
  test.each([
    ["%mea|sure", "%measure [options] EXPR"],
    ["%%script|", "%%script [options]"],
    ["%measure --int|erval 5 f", "%measure [options] EXPR"],
    ["a();\n%me -i| 5 f", "%measure [options] EXPR"],
  ])("of %j shows the help of the magic", async (marked, usage) => {
    const { interpreter } = open();
    const help = await interpreter.inspect(...atCursor(marked), 0);
    expect(String(help?.["text/plain"]).split("\n")[0]).toBe(usage);
  });

  test.each([
    ["%measure known|(1)", "         known(1)"],
    ["%%measure\nkno|wn", "         \nknown"],
    ["kno|wn\n%list", "known\n     "],
    ["kno|wn?", "known "],
  ])("of %j is for the interpreter", async (marked, code) => {
    const { interpreter, log } = open();
    const [source, cursor] = atCursor(marked);
    expect(await interpreter.inspect(source, cursor, 1)).toEqual({ "text/plain": `about ${code.trim()}` });
    expect(log).toEqual([`inspect ${code} @${cursor} 1`]);
  });

  test.each(["!known| -x", "%nosu|ch", "%%script\nkno|wn"])("of %j has nothing to say", async (marked) => {
    expect(await open().interpreter.inspect(...atCursor(marked), 0)).toBeUndefined();
  });
});

describe("whether a cell is complete", () => {
  test.each([
    ["%list", "complete", []],
    ["%list\n!ls", "complete", []],
    ["!cat \\", "incomplete", []],
    ["%%measure", "incomplete", []],
    ["%%measure\nf()", "incomplete", []],
    ["%%measure\nf()\n", "complete", []],
    ["if (a) {\n  %list\n}", "invalid", []],
    ["%list\nf(", "unknown", ["isComplete      \nf("]],
    ["f(", "unknown", ["isComplete f("]],
  ])("%j is %s", async (code, status, expected) => {
    const { interpreter, log } = open();
    expect((await interpreter.isComplete(code)).status).toBe(status);
    expect(log).toEqual(expected);
  });
});
