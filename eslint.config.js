// Only the rules that need types, and only those about promises; everything else is Biome's.
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", ".venv/", "out/", ".cache/", "notebooks/", "**/*.{js,mjs,cjs}"] },
  {
    files: ["**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/return-await": ["error", "in-try-catch"],
      "@typescript-eslint/promise-function-async": "off",
    },
  },
);
