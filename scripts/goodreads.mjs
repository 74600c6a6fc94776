// `npm run goodreads -- --rows N --seed S --out F`: makes the example data outside a notebook.
import { parseArgs } from "node:util";
import { importTypeScript } from "./load-typescript.mjs";

const usage = `Usage: npm run goodreads -- [--rows N] [--seed S] [--out FILE]

Writes N invented books as JSON lines with the fields of goodreads_books.json (about 4.2 kB a row).

  --rows N    how many rows (default 100000)
  --seed S    another seed, other books (default 1)
  --out FILE  where to (default notebooks/data/goodreads_books.json)`;

function fail(message) {
  console.error(`goodreads: ${message}\n\n${usage}`);
  process.exit(2);
}

function wholeNumber(name, text, lowest) {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < lowest) {
    fail(`--${name} must be a whole number${lowest === 0 ? " from 0" : ""}, got ${JSON.stringify(text)}.`);
  }
  return value;
}

function parse() {
  try {
    return parseArgs({
      options: {
        rows: { type: "string", default: "100000" },
        seed: { type: "string", default: "1" },
        out: { type: "string", default: "notebooks/data/goodreads_books.json" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    return fail(error.message);
  }
}

const values = parse();
if (values.help) {
  console.log(usage);
} else {
  const rows = wholeNumber("rows", values.rows, 0);
  const seed = wholeNumber("seed", values.seed, Number.MIN_SAFE_INTEGER);
  const { writeBooks } = await importTypeScript("notebooks/goodreads.ts");
  const started = performance.now();
  const { bytes } = await writeBooks({ path: values.out, rows, seed });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${values.out}: ${rows} rows, ${(bytes / 1e6).toFixed(1)} MB, in ${seconds} s`);
}
