// `npm run demo`: runs the notebook about memory without a browser and shows its reports on the terminal.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";

const notebook = "notebooks/01-where-did-the-memory-go.ipynb";
const out = "out/01-where-did-the-memory-go.ipynb";
const width = 80;

/** Text in a notebook file is a string or a list of lines. */
const joined = (text) => (Array.isArray(text) ? text.join("") : String(text ?? ""));

/** What an output says in plain text; nothing when it has no text form. */
function textOf(output) {
  if (output.output_type === "stream") return joined(output.text);
  if (output.output_type === "error") return `${output.ename}: ${output.evalue}`;
  return joined(output.data?.["text/plain"] ?? output.data?.["text/markdown"]);
}

/** The headline of the section that a cell stands in, and the cell's own first line. */
function* withTitles(cells) {
  let section = "";
  for (const cell of cells) {
    const source = joined(cell.source);
    if (cell.cell_type === "markdown") section = /^#+ +(.+)$/m.exec(source)?.[1] ?? section;
    else if (cell.cell_type === "code") yield { title: `${section} · ${source.split("\n")[0]}`, cell };
  }
}

await mkdir("out", { recursive: true });
await rm(out, { force: true });
const { status, signal, error } = spawnSync(process.execPath, ["dist/cli/main.cjs", "run", notebook, "-o", out], {
  stdio: ["ignore", "inherit", "inherit"],
});
if (error) throw error;
if (existsSync(out)) {
  const { cells } = JSON.parse(await readFile(out, "utf8"));
  for (const { title, cell } of withTitles(cells)) {
    const texts = cell.outputs.map(textOf).filter((text) => text.trim() !== "");
    if (texts.length === 0) continue;
    console.log(`\n── ${title} ${"─".repeat(Math.max(0, width - title.length - 4))}\n`);
    for (const text of texts) console.log(text.trimEnd());
  }
  console.log(`\nThe notebook with all its outputs is in ${out}.`);
}
if (signal) console.error(`demo: the run was ended by ${signal}`);
process.exitCode = status ?? 1;
