import { defineConfig } from "vitest/config";

// What the kernels of tests run is nobody's history.
const env = { CELLSCOPE_HISTORY: "off" };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          // The first answer of TypeScript reads its libraries, which takes seconds where others are busy.
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "protocol",
          include: ["test/protocol/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "e2e",
          env,
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/support/prepare-language.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Kernels are processes of their own: more at once only starve each other.
          fileParallelism: false,
        },
      },
    ],
  },
});
