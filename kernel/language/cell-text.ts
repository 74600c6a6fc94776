/** Makes a cell a module for TypeScript, whatever it holds. tslab puts it before every text. */
export const cellPrefix = "export {};\n";
