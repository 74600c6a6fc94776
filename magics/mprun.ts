import { UsageError } from "../kernel/errors.js";
import type { Outcome } from "../kernel/interpreter.js";
import { profileMemory } from "../profiler/memory-profile.js";
import { renderLineProfile } from "../report/line-profile.js";
import { defineMagic, type Magic } from "./dispatch/magic.js";
import { linesOf } from "./lines-of.js";
import { lineResultOf } from "./memory-runs.js";
import { readTextPath, writeText } from "./profile-file.js";
import { refusedByMprun } from "./refused-options.js";

/** `%mprun -f FUNCTION EXPR` and `%%mprun`: what each line cost, as users of memory_profiler and line_profiler know it. */
export const mprun: Magic = defineMagic({
  name: "mprun",
  aliases: ["lprun"],
  forms: ["line", "cell"],
  operands: "EXPR",
  summary: "Say what each line cost, of functions or of this code: memory, occurrences and CPU time.",
  options: {
    function: {
      type: "list",
      short: "f",
      placeholder: "FUNCTION",
      description: "A function of any cell, or Class.method; may be repeated. Without it: this code.",
    },
    textFile: {
      type: "string",
      short: "T",
      placeholder: "FILE",
      description: "Write the table, as text, into a file too.",
    },
    dump: {
      type: "string",
      short: "D",
      placeholder: "FILE",
      description: "Write the figures, as JSON, into a file too.",
    },
    return: { type: "flag", short: "r", description: "Make the table the value of this cell, in place of its own." },
    output: {
      type: "name",
      short: "o",
      placeholder: "NAME",
      description: "Put the figures into a variable: tables of lines.",
    },
  },
  refused: refusedByMprun,
  async run({ function: functions, textFile, dump, return: returns, output }, context) {
    const { body, execute, probe, display, bind } = context;
    const directory = context.directory().current;
    if (dump !== undefined && !dump.endsWith(".json")) {
      throw new UsageError(`--dump must be a file that ends in .json, got ${JSON.stringify(dump)}.`);
    }
    const textPath = textFile === undefined ? undefined : await readTextPath("--text-file", textFile, directory);
    const dumpPath = dump === undefined ? undefined : await readTextPath("--dump", dump, directory);
    const session = linesOf(probe, functions.length === 0, functions);
    const { outcome } = await profileMemory(probe, (watch) => execute(body, session.around(watch)));
    const profile = session.take();
    if (profile === undefined) return outcome;
    const bundle = renderLineProfile(profile);
    const result: Outcome = returns && outcome.status === "ok" ? { status: "ok", result: bundle } : outcome;
    if (result === outcome) display(bundle);
    if (textPath !== undefined) await writeText(textPath, String(bundle["text/plain"]), context);
    if (dumpPath !== undefined && "value" in profile) {
      await writeText(dumpPath, JSON.stringify(lineResultOf(profile.value)), context, "Figures saved to file");
    }
    if (output !== undefined && "value" in profile) {
      const data = { ...lineResultOf(profile.value) };
      await bind({ name: output, value: { kind: "result", data }, type: 'import("cellscope").LineProfile' });
    }
    return result;
  },
});
