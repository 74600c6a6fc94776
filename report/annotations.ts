// A run as workflow commands of GitHub Actions, which shows them beside the lines of a pull request. Pure.
import { type CaseProblem, casesOf, type RunFinding } from "./run-cases.js";
import type { RunReport } from "./run-report.js";

/** Renders an `::error` for each case that failed, and a `::warning` for each that did so in an earlier attempt. `fileOf` gives a notebook's path as it is in the repository. */
export function renderAnnotations(
  { notebooks }: RunReport,
  findings: readonly RunFinding[] = [],
  fileOf: (path: string) => string = (path) => path,
): string[] {
  const lines = notebooks.flatMap((notebook) =>
    casesOf(notebook, findings).flatMap(({ name, line, problems, earlier = [] }) => {
      const file = fileOf(notebook.path);
      const render = (kind: string, title: string, problem: CaseProblem) =>
        renderProblem(kind, problem, { file, line, title });
      return [
        ...earlier.flatMap((failure) =>
          failure.problems.map((problem) =>
            render("warning", `${shorten(name, 120)} (attempt ${failure.attempt} of ${notebook.attempts})`, problem),
          ),
        ),
        ...problems.map((problem) => render("error", shorten(name, 120), problem)),
      ];
    }),
  );
  // The same from each repetition is said once.
  return [...new Set(lines)];
}

function renderProblem(
  kind: string,
  { message, details }: CaseProblem,
  { file, line, title }: { readonly file: string; readonly line: number | undefined; readonly title: string },
): string {
  const place = { file, ...(line !== undefined && { line }), title };
  const more = details === "" || details === message ? "" : `\n${details}`;
  return `::${kind} ${formatProperties(place)}::${escapeMessage(shorten(message + more, 8000))}`;
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
