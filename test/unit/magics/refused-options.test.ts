import { expect, test } from "vitest";
import { longSpelling } from "../../../magics/dispatch/option-values.js";
import { optionsOf, parseOptions } from "../../../magics/dispatch/options.js";
import { memprofile } from "../../../magics/memprofile.js";
import { mprun } from "../../../magics/mprun.js";

test.each([
  [memprofile, "--follow-fork load()", "%memprofile has no --follow-fork: -c counts child processes"],
  [memprofile, "-n 5 load()", "%memprofile has no -n: tables show the largest"],
  [memprofile, "--trace-python-allocators load()", "there is no Python here"],
  [mprun, "-z -f load load()", "%mprun has no -z: all lines are shown"],
  [memprofile, "--natve load()", "%memprofile has no option --natve. Did you mean --native?"],
])("an option of another profiler is refused with what to use instead (%#)", (magic, line, message) => {
  expect(() => parseOptions(magic, line)).toThrow(message);
});

test.each([memprofile, mprun])("no option of a magic is refused by it, and each refusal is one sentence", (magic) => {
  const own = optionsOf(magic).flatMap(([key, { short }]) => [longSpelling(key), `-${short}`]);
  for (const [spelling, sentence] of Object.entries(magic.refused)) {
    expect(own).not.toContain(spelling);
    expect(sentence).toMatch(/^[^.]*(?:\.[^ .][^.]*)*\.$/);
  }
});
