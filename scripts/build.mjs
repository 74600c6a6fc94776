// Bundles every process of Cellscope into one file each, and writes the types of the package's doors.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { stockTypeScript } from "./stock-typescript.mjs";

const { values } = parseArgs({ options: { types: { type: "boolean", default: true } }, allowNegative: true });

/** Packages that are loaded from node_modules: native, or large and rarely needed. */
const external = ["zeromq", "apache-arrow", "pidusage"];

/** The commands of the command line are files of their own, so that `cellscope kernel` loads no other one. */
const separateCommands = {
  name: "separate-commands",
  setup(build) {
    build.onResolve({ filter: /^\.\/commands\/.*\.js$/ }, ({ path }) => ({
      path: path.replace(/\.js$/, ".cjs"),
      external: true,
    }));
  },
};

// Built beside and then put in place: kernels that run from `dist`, and builds that fail, keep what was there.
const staging = `.cache/build-${process.pid}`;
await rm(staging, { recursive: true, force: true });

const commonJs = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  outdir: staging,
  outbase: ".",
  external,
  minify: true,
  keepNames: true,
  legalComments: "eof",
  logLevel: "warning",
  // `import.meta.url` does not exist in CommonJS.
  define: { "import.meta.url": "__bundleUrl" },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
};

await Promise.all([
  // `import()` has Node read a whole CommonJS file for its exports before it runs it: with a quarter of a kernel's start
  // gone before the first line, a command is loaded by `require`.
  build({
    ...commonJs,
    entryPoints: ["cli/main.ts"],
    plugins: [separateCommands],
    supported: { "dynamic-import": false },
  }),
  build({
    ...commonJs,
    // Needed for parameters, patterns and TAP alone; every other run would only parse them.
    external: [...external, "typescript", "tinyglobby", "yaml"],
    entryPoints: ["cli/commands/*.ts"],
    // Code that was kept compiled cannot call `import()`; see `cli/compile-cache.ts`.
    supported: { "dynamic-import": false },
  }),
  build({
    ...commonJs,
    entryPoints: [
      "kernel/executor/main.ts",
      "kernel/executor/guard.ts",
      "profiler/probe/*.ts",
      "profiler/survivors/main.ts",
    ],
  }),
  // Keeping names costs a call for every closure that the compiler makes.
  build({ ...commonJs, keepNames: false, entryPoints: ["kernel/language/main.ts"], plugins: [stockTypeScript] }),
  // The program of the page that `%memprofile --output FILE.html` writes; browsers of the last three years run it.
  build({
    bundle: true,
    platform: "browser",
    target: ["chrome110", "firefox115", "safari16.4"],
    format: "iife",
    charset: "utf8",
    minify: true,
    entryPoints: { page: "report/page/main.ts" },
    outdir: `${staging}/report`,
    logLevel: "warning",
  }),
  build({
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    entryPoints: { index: "index.ts", vitest: "runner/vitest-notebooks.ts" },
    // What both doors need is there once, with its classes.
    splitting: true,
    outdir: staging,
    packages: "external",
    logLevel: "warning",
  }),
]);
// Start-up snapshots are kept by this hash: see `kernel/language/snapshot.ts`.
const languageBundle = `${staging}/kernel/language/main.cjs`;
const languageHash = createHash("sha256").update(await readFile(languageBundle));
await writeFile(`${languageBundle}.sha256`, `${languageHash.digest("hex")}\n`);
if (values.types) {
  const tsc = spawnSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "--project", "tsconfig.build.json", "--outDir", `${staging}/types`],
    {
      stdio: "inherit",
    },
  );
  if (tsc.status !== 0) {
    await rm(staging, { recursive: true, force: true });
    process.exit(tsc.status ?? 1);
  }
}
await rm("dist", { recursive: true, force: true });
await rename(staging, "dist");
