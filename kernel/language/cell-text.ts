/** Makes a cell a module for TypeScript, whatever it holds. tslab puts it before every text. */
export const cellPrefix = "export {};\n";

/** The directory-less names of the two files that TypeScript sees: the cell, and what earlier cells declared. */
export const cellFiles = { source: "__tslab__.ts", declarations: "__prev__.d.ts" } as const;
