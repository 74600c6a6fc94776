// What the doctor says. Pure: the checks read, this shows.

/** How bad it is: with a problem something does not work, with a warning it works worse or otherwise than expected. */
export type Level = "ok" | "warning" | "problem";

/** What one check has found. */
export interface Finding {
  /** What was looked at: the same name may have several findings. */
  readonly check: string;
  readonly level: Level;
  readonly text: string;
  /** What to do about it. */
  readonly mend?: string;
}

/** One line a finding, with how to mend it below, and a last line that counts. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, level, text, mend }) => [
    `${level.padEnd(levelWidth)}${check.padEnd(width)}  ${oneLine(text)}`,
    ...(mend === undefined ? [] : [`${" ".repeat(levelWidth + width)}  → ${oneLine(mend)}`]),
  ]);
  return `${[...lines, "", summarize(findings)].join("\n")}\n`;
}

/** Whether nothing is so wrong that something does not work. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ level }) => level !== "problem");
}

const levelWidth = "problem".length + 2;

function summarize(findings: readonly Finding[]): string {
  const count = (level: Level, word: string) => {
    const number = findings.filter((finding) => finding.level === level).length;
    return number === 0 ? [] : [`${number} ${word}${number === 1 ? "" : "s"}`];
  };
  const found = [...count("problem", "problem"), ...count("warning", "warning")];
  return found.length === 0 ? "Everything is as it should be." : `${found.join(" and ")}.`;
}

/** What other programs wrote may be long, and go over many lines. */
function oneLine(text: string): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, " | ");
  return line.length > longestText ? `${line.slice(0, longestText)}…` : line;
}

const longestText = 800;
