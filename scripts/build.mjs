// Bundles every process of Cellscope into one file each, and writes the types of the package's doors.
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({ options: { types: { type: "boolean", default: true } }, allowNegative: true });

/** Packages that are loaded from node_modules: native, or large and rarely needed. */
const external = ["zeromq", "apache-arrow", "@jupyterlab/services", "pidusage"];

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

const commonJs = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  outdir: "dist",
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

await rm("dist", { recursive: true, force: true });
await Promise.all([
  build({
    ...commonJs,
    entryPoints: [
      "cli/main.ts",
      "cli/commands/*.ts",
      "kernel/executor/main.ts",
      "kernel/executor/guard.ts",
      "profiler/probe/*.ts",
    ],
    plugins: [separateCommands],
  }),
  build({
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    entryPoints: ["index.ts"],
    outdir: "dist",
    packages: "external",
    logLevel: "warning",
  }),
]);
if (values.types) {
  const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "--project", "tsconfig.build.json"], {
    stdio: "inherit",
  });
  process.exitCode = tsc.status ?? 1;
}
