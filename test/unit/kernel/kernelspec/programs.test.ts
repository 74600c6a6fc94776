import { expect, test } from "vitest";
import { isInNpxCache, stableNode, stableProgram } from "../../../../kernel/kernelspec/programs.js";

const links =
  (targets: Record<string, string>) =>
  (path: string): string => {
    const target = targets[path];
    if (target === undefined) throw new Error(`ENOENT ${path}`);
    return target;
  };

const cellar = "/opt/homebrew/Cellar/node@22/22.9.0/bin/node";
const opt = "/opt/homebrew/opt/node@22/bin/node";

test("Homebrew's link to Node is taken when it leads to this Node", () => {
  expect(stableNode(cellar, links({ [cellar]: cellar, [opt]: cellar }))).toBe(opt);
});

test.each([
  ["leads to another Node", cellar, { [cellar]: cellar, [opt]: "/other" }],
  ["is not there", cellar, { [cellar]: cellar }],
  ["is of no interest", "/usr/bin/node", { "/usr/bin/node": "/usr/bin/node" }],
])("Node's own path stays when the link %s", (_title, path, targets) => {
  expect(stableNode(path, links(targets))).toBe(path);
});

const store = "/store/.pnpm/cellscope@0.1.0/node_modules/cellscope/dist/cli/main.cjs";
const stable = "/project/node_modules/cellscope/dist/cli/main.cjs";

test.each([
  ["goes through a link to the package", stable, { [stable]: store, [store]: store }, stable],
  ["is a link in a folder of programs", "/usr/bin/cellscope", { "/usr/bin/cellscope": store, [store]: store }, store],
  ["is another installation", stable, { [stable]: "/elsewhere", [store]: store }, store],
  ["is not known", undefined, { [store]: store }, store],
])("when what was called %s, the program is found where it stays", (_title, invoked, targets, expected) => {
  expect(stableProgram(store, invoked, links(targets))).toBe(expected);
});

test.each([
  ["/home/you/.npm/_npx/0123/node_modules/cellscope/dist/cli/main.cjs", true],
  ["C:\\npm-cache\\_npx\\0123\\node_modules\\cellscope\\dist\\cli\\main.cjs", true],
  ["/usr/lib/node_modules/cellscope/dist/cli/main.cjs", false],
])("%s: in the cache of npx: %s", (path, expected) => {
  expect(isInNpxCache(path)).toBe(expected);
});
