// Checks the package as others will install it: packs it into a folder of its own, looks at what is in it,
// and has publint and attw judge the tarball.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

/** What must be there, besides the files that package.json names. */
const required = [
  "package.json",
  "README.md",
  "LICENSE",
  "CHANGELOG.md",
  "dist/cli/commands/kernel.cjs",
  "dist/kernel/executor/main.cjs",
  "dist/kernel/executor/guard.cjs",
  "dist/kernel/language/main.cjs",
  "logos/logo-32x32.png",
  "logos/logo-64x64.png",
  "logos/logo-svg.svg",
];
const allowed =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+\.(c?js|d\.ts|map|json|sha256)|logos\/.+\.(svg|png))$/;
const forbidden = /(^|\/)(test|bench|notebooks|scripts)\//;

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const problems = [];

function run(title, command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (error) throw error;
  if (status !== 0) problems.push(`${title} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** publint's judgement of a tarball; its suggestions count too. */
async function lint(tarball) {
  const { buffer, byteOffset, byteLength } = await readFile(tarball);
  const pack = { tarball: buffer.slice(byteOffset, byteOffset + byteLength) };
  const { messages, pkg } = await publint({ pack, strict: true });
  for (const message of messages) problems.push(`publint: ${formatMessage(message, pkg, { color: false })}`);
}

/** attw's judgement: whether every way to import the package finds its types. */
function checkTypes(tarball) {
  const path = require.resolve("@arethetypeswrong/cli/package.json");
  const { bin } = require(path);
  const options = ["--profile", "esm-only", "--no-definitely-typed", "--format", "ascii", "--no-color"];
  run("attw", process.execPath, [join(dirname(path), bin.attw), tarball, ...options]);
}

/** Every path that package.json promises to its users. */
function promised({ bin, exports }) {
  const paths = [];
  const collect = (value) => {
    if (typeof value === "string") paths.push(value.replace(/^\.\//, ""));
    else for (const inner of Object.values(value)) collect(inner);
  };
  collect(bin);
  collect(exports);
  return paths;
}

if (!existsSync(join(root, "dist/index.js"))) {
  console.error("check-package: there is no dist/index.js: run `npm run build` first.");
  process.exit(1);
}
const packageJson = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const folder = await mkdtemp(join(tmpdir(), "cellscope-package-"));
try {
  const packed = run("npm pack", "npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder]);
  if (problems.length === 0) {
    const [{ filename, files, size, unpackedSize }] = JSON.parse(packed);
    const paths = files.map(({ path }) => path);
    for (const path of [...required, ...promised(packageJson)]) {
      if (!paths.includes(path)) problems.push(`the package lacks ${path}`);
    }
    for (const path of paths) {
      if (!allowed.test(path) || forbidden.test(path)) problems.push(`the package should not contain ${path}`);
    }
    // npm runs no install scripts unless a user allows them: nothing may depend on one.
    for (const name of ["preinstall", "install", "postinstall", "prepare"]) {
      if (packageJson.scripts[name]) problems.push(`package.json has a ${name} script, which npm would not run`);
    }
    const tarball = join(folder, filename);
    await lint(tarball);
    checkTypes(tarball);
    const kibibytes = (bytes) => `${Math.round(bytes / 1024)} KiB`;
    console.log(`package: ${paths.length} files, ${kibibytes(size)} packed, ${kibibytes(unpackedSize)} unpacked`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
for (const problem of problems) console.error(`check-package: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
