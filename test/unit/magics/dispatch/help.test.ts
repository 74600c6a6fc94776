import { expect, test } from "vitest";
import { renderHelp } from "../../../../magics/dispatch/help.js";
import { defineMagic } from "../../../../magics/dispatch/magic.js";

const magic = defineMagic({
  name: "trial",
  aliases: ["tri"],
  forms: ["line", "cell"],
  summary: "Try everything out.",
  operands: "EXPR",
  options: {
    interval: { type: "duration", short: "i", default: 10, description: "Time between samples." },
    longestInterval: { type: "duration", default: 90_000, description: "The most it may be." },
    block: { type: "size", default: 65_536, description: "Bytes at once." },
    format: { type: "string", short: "f", choices: ["text", "json"], default: "text", description: "Text | JSON." },
    repeat: { type: "integer", default: 0, description: "How often." },
    output: { type: "name", short: "o", description: "Put the samples into a variable." },
    quiet: { type: "flag", short: "q", description: "Show nothing." },
  },
  run: async () => undefined,
});

test("help in text stands on its own", async () => {
  await expect(renderHelp(magic)["text/plain"]).toMatchFileSnapshot("../../../golden/magic-help.txt");
});

test("help in Markdown has a table of the options", async () => {
  await expect(renderHelp(magic)["text/markdown"]).toMatchFileSnapshot("../../../golden/magic-help.md");
});
