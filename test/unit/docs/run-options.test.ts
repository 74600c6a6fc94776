import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { defineRunCommand } from "../../../cli/run/options.js";

test("docs/running-headless.md tells of every option of cellscope run, and of no other", () => {
  const page = readFileSync("docs/running-headless.md", "utf8");
  const rows = page.split("\n").filter((line) => /^\| `-/.test(line));
  const told = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/--[a-z-]+/g)].map(([option]) => option));
  const offered = defineRunCommand().options.flatMap(({ long }) => long ?? []);
  expect(told.sort()).toEqual(offered.filter((option) => option !== "--help").sort());
});
