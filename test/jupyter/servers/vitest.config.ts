import { defineConfig } from "vitest/config";

// Run by `npm run test:jupyter` alone: these tests start Jupyter's own servers.
// biome-ignore lint/style/noDefaultExport: vitest takes its configuration in no other way
export default defineConfig({
  test: {
    include: ["test/jupyter/servers/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
