import { expect, test } from "vitest";
import { type Finding, formatFindings, isHealthy } from "../../../../cli/doctor/finding.js";

const fine: Finding = { check: "node", level: "ok", text: "20.20.2" };
const odd: Finding = { check: "kernelspec", level: "warning", text: "is there\n  twice", mend: "remove one" };
const broken: Finding = { check: "zeromq", level: "problem", text: "does not load" };

test("each finding is a line, with how to mend it below, and the last line counts", () => {
  expect(formatFindings([fine, odd, broken, broken])).toBe(
    [
      "ok       node        20.20.2",
      "warning  kernelspec  is there | twice",
      "                     → remove one",
      "problem  zeromq      does not load",
      "problem  zeromq      does not load",
      "",
      "2 problems and 1 warning.",
      "",
    ].join("\n"),
  );
});

test("when nothing is wrong, the last line says so", () => {
  expect(formatFindings([fine]).split("\n").at(-2)).toBe("Everything is as it should be.");
});

test("what another program wrote cannot fill the screen", () => {
  expect(formatFindings([{ ...fine, text: "x".repeat(100_000) }]).length).toBeLessThan(1000);
});

test.each([
  [[fine], true],
  [[fine, odd], true],
  [[odd, broken], false],
])("only a problem is ill health", (findings, healthy) => {
  expect(isHealthy(findings)).toBe(healthy);
});
