/** A plugin for esbuild: tslab's converter works on `kernel/language/compiler.ts` instead of its fork of TypeScript. */
export const stockTypeScript = {
  name: "stock-typescript",
  setup(build) {
    build.onResolve({ filter: /^@tslab\/typescript-for-tslab$/ }, ({ path }) => ({ path, namespace: "stock" }));
    build.onLoad({ filter: /.*/, namespace: "stock" }, () => ({
      contents: 'module.exports = require("./kernel/language/compiler.ts").compiler;',
      resolveDir: ".",
      loader: "js",
    }));
  },
};
