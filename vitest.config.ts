import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const endToEnd = {
  // What the kernels of tests run is nobody's history.
  env: { CELLSCOPE_HISTORY: "off" },
  globalSetup: ["test/support/prepare-language.ts"],
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

const processes = [
  "ci",
  "connection",
  "doctor",
  "faults",
  "install",
  "library",
  "packages",
  "run",
  "run-bad-input",
  "run-tests",
].map((name) => `test/e2e/${name}.test.ts`);

export default defineConfig({
  test: {
    // Vitest leaves one core free, and of two that is half.
    maxWorkers: Math.max(2, availableParallelism() - 1),
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
          ...endToEnd,
          name: "e2e-processes",
          include: processes,
          // These mostly wait for kernels and commands to start, to end, and to be found dead.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...endToEnd,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: processes,
          // These measure: more at once only starve each other.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
