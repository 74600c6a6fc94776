import { defineConfig } from "vitest/config";

// Run by `npm run test:jupyter` alone: these tests need JupyterLab and a browser.
// biome-ignore lint/style/noDefaultExport: vitest takes its configuration in no other way
export default defineConfig({
  test: {
    include: ["test/jupyter/*.test.ts"],
    globalSetup: ["test/jupyter/setup.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
