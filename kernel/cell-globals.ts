/**
 * What cells have without an import, beside what Node has, as TypeScript: the declarations that the first cell starts
 * from. Later ones keep it.
 */
export const cellGlobals = `declare global {
  /**
   * Asks for a line of input and waits for it; \`null\` when there is none.
   * An empty answer means \`defaultValue\`, if there is one.
   */
  function prompt(message?: string, defaultValue?: string): string | null;
}
`;
