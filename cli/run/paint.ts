/** Colours the changed lines of a difference for a terminal. */
export function paintDifference(text: string): string {
  if (process.env.NO_COLOR) return text;
  return text.replace(/^ {4}([-+@].*)$/gm, (_line, change: string) => {
    const colour = { "-": "\x1b[31m", "+": "\x1b[32m" }[change.charAt(0)] ?? "\x1b[2m";
    return `    ${colour}${change}\x1b[0m`;
  });
}
