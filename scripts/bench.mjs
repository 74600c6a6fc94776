// `npm run bench -- NAME [options]`: runs bench/NAME.ts, bundled, in a process of its own.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
// A benchmark says of itself that it is one; the other files of the folder are what they share.
const names = readdirSync(join(root, "bench"))
  .filter(
    (file) => file.endsWith(".ts") && readFileSync(join(root, "bench", file), "utf8").includes("npm run bench -- "),
  )
  .map((file) => file.replace(/\.ts$/, ""))
  .sort();
const [name, ...options] = process.argv.slice(2);
if (!names.includes(name ?? "")) {
  const given = name === undefined ? "no benchmark was named" : `there is no benchmark ${JSON.stringify(name)}`;
  console.error(`bench: ${given}.\n\nUsage: npm run bench -- NAME [options]\n\nNAME is one of: ${names.join(", ")}`);
  process.exit(2);
}
// Inside the project, so that its packages are found.
const bundle = join(root, ".cache", "bench", `${name}.mjs`);
await build({
  entryPoints: [join(root, "bench", `${name}.ts`)],
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  outfile: bundle,
  logLevel: "warning",
});
const { status, error } = spawnSync(process.execPath, [bundle, ...options], { cwd: root, stdio: "inherit" });
if (error) throw error;
process.exitCode = status ?? 1;
