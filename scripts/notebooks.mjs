// `npm run notebooks [-- --update] [NOTEBOOK …]`: executes the example notebooks and compares their outputs with the
// committed ones, or writes the new ones over them.
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { importTypeScript } from "./load-typescript.mjs";

const { executeNotebook, listNotebooks, normalizeNotebook } = await importTypeScript("test/support/notebooks.ts");
const { values, positionals } = parseArgs({ options: { update: { type: "boolean" } }, allowPositionals: true });

/** What differs, cell by cell, in words. */
function differences(committed, executed) {
  if (committed.length !== executed.length) return [`${committed.length} code cells became ${executed.length}`];
  return executed.flatMap((cell, index) => {
    if (isDeepStrictEqual(cell, committed[index])) return [];
    const show = ({ executionCount, outputs }) => JSON.stringify({ executionCount, outputs }, undefined, 2);
    return [
      `In[${index + 1}] ${cell.source.split("\n")[0]}\n--- committed\n${show(committed[index])}\n+++ now\n${show(cell)}`,
    ];
  });
}

/** What a run says about itself is news at every run, and no part of an example. */
function withoutTimes(text) {
  const notebook = JSON.parse(text);
  for (const { metadata } of [notebook, ...notebook.cells]) {
    for (const key of ["execution", "papermill", "cellscope"]) delete metadata[key];
  }
  return `${JSON.stringify(notebook, undefined, 1)}\n`;
}

let failures = 0;
for (const path of positionals.length > 0 ? positionals : await listNotebooks("notebooks")) {
  const committed = await readFile(path, "utf8");
  const { end, text } = await executeNotebook(path);
  if (end.code !== 0) {
    console.error(`${basename(path)}: the run ended with ${end.code}\n${end.output}`);
    failures += 1;
    continue;
  }
  const found = differences(normalizeNotebook(committed), normalizeNotebook(text));
  if (values.update) {
    await writeFile(path, withoutTimes(text));
    console.log(`${basename(path)}: written${found.length > 0 ? `, ${found.length} cells differ` : ""}`);
  } else if (found.length > 0) {
    console.error(`${basename(path)}: ${found.length} cells differ\n${found.join("\n")}`);
    failures += 1;
  } else {
    console.log(`${basename(path)}: as committed`);
  }
}
if (failures > 0) {
  console.error("notebooks: look at the differences; `npm run notebooks -- --update` takes the new outputs.");
  process.exitCode = 1;
}
