import type { MimeBundle } from "../kernel/protocol/mime.js";
import { html, Markup } from "./html.js";

// The pictures are legible on light and on dark; so is the page around them.
const style = `
  :root { color-scheme: light dark; }
  body { font: 14px/1.5 system-ui, sans-serif; margin: 2em auto; padding: 0 1em; max-width: 60em; }
  img { max-width: 100%; height: auto; }
  table { border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.15em 0.8em 0.15em 0; white-space: nowrap; }
`;

/** A page of its own for reports: it asks for nothing from anywhere. Pure. */
export function renderReportPage(bundles: readonly MimeBundle[]): string {
  // Markup of our own renderers, which has been escaped where it was made.
  const reports = bundles.map((bundle) => new Markup(String(bundle["text/html"] ?? "")));
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>What a cell did to memory</title>
<style>${new Markup(style)}</style>
</head>
<body>
${reports}
</body>
</html>
`.text;
}
