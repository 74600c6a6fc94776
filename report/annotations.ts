// A run as workflow commands of GitHub Actions, which shows them beside the lines of a pull request. Pure.
import { casesOf, type RunFinding } from "./run-cases.js";
import type { RunReport } from "./run-report.js";

/** Renders an `::error` for each case that failed. `fileOf` gives a notebook's path as it is in the repository. */
export function renderAnnotations(
  { notebooks }: RunReport,
  findings: readonly RunFinding[] = [],
  fileOf: (path: string) => string = (path) => path,
): string[] {
  const lines = notebooks.flatMap((notebook) =>
    casesOf(notebook, findings).flatMap(({ name, line, problems }) =>
      problems.map(({ message, details }) => {
        const place = { file: fileOf(notebook.path), ...(line !== undefined && { line }), title: shorten(name, 120) };
        const more = details === "" || details === message ? "" : `\n${details}`;
        return `::error ${formatProperties(place)}::${escapeMessage(shorten(message + more, 8000))}`;
      }),
    ),
  );
  // The same from each repetition is said once.
  return [...new Set(lines)];
}

/** Keeps what comes after it, up to `endQuote`, from being taken for commands; `token` must be what no cell can know. */
export function startQuote(token: string): string {
  return `::stop-commands::${token}`;
}

/** Commands count again. */
export function endQuote(token: string): string {
  return `::${token}::`;
}

function formatProperties(values: Readonly<Record<string, string | number>>): string {
  const quote = (value: string) => escapeMessage(value).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(String(value))}`)
    .join(",");
}

function escapeMessage(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
