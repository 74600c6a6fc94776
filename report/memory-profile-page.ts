// A report as a page of its own: whole without its script, which puts graphs that can be zoomed, searched and selected
// in the place of pictures. It asks for nothing from anywhere. Pure.
import type { LineProfile } from "../profiler/lines/line-profile.js";
import type { Measured } from "../profiler/measured.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import { html, Markup } from "./html.js";
import { renderLineProfile } from "./line-profile.js";
import { comparisonPieces, type MemoryComparison } from "./memory-comparison.js";
import { profileMimeType, profilePieces } from "./memory-profile.js";
import { dataOfProfile } from "./memory-profile-data.js";
import { coursePlot } from "./memory-profile-picture.js";
import { pageStyle } from "./memory-profile-style.js";
import { headlineOf } from "./memory-profile-words.js";
import { pictureWidth } from "./svg.js";

/** The program of the page, and what a browser checks it by (`sha256-…`). */
export interface PageScript {
  readonly code: string;
  readonly integrity: string;
}

/** What a page tells. */
export interface ReportPage {
  readonly profile: MemoryProfile;
  readonly lineProfile?: Measured<LineProfile>;
  /** A run before, of which the page says what is different. */
  readonly comparison?: MemoryComparison;
  /** Without it the page is one to read. */
  readonly script?: PageScript;
}

/** Renders the page; the same run gives the same page. */
export function renderReportPage({ profile, lineProfile, comparison, script }: ReportPage): string {
  const { summary, course, parts, holders, holdersOverTime, survivors, methods } = profilePieces(profile);
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src ${script === undefined ? "'none'" : `'${script.integrity}'`}; base-uri 'none'; form-action 'none'`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<title>${headlineOf(profile)}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<main>
<h1>What a cell did to memory</h1>
${summary}
${course && html`<section aria-labelledby="course-title"><h2 id="course-title">When</h2>\n<div id="course" data-left="${coursePlot.left / pictureWidth}" data-right="${coursePlot.right / pictureWidth}">${course}</div>\n<div id="span"></div>\n${holdersOverTime && html`<div class="over-time">${holdersOverTime}</div>`}</section>`}
${
  holders &&
  html`<section aria-labelledby="holders-title"><h2 id="holders-title">${capital(holders.heading)}</h2>
<p id="holders-moment">${holders.title}</p>
<div id="holders"></div>
<div id="holders-static">${holders.picture}${holders.table}</div></section>`
}
${comparison && differenceSection(comparison)}
<section aria-labelledby="parts-title"><h2 id="parts-title">What it was made of</h2>
${parts}</section>
${lineProfile && html`<section aria-labelledby="lines-title"><h2 id="lines-title">Which line</h2>\n${new Markup(String(renderLineProfile(lineProfile)["text/html"] ?? ""))}</section>`}
${survivors.length > 0 && html`<section aria-labelledby="survivors-title"><h2 id="survivors-title">What stayed</h2>\n${survivors}</section>`}
<footer>${methods}</footer>
</main>
${dataElement("profile", profileMimeType, dataOfProfile(profile))}
${script && html`<script>${new Markup(script.code)}</script>`}
</body>
</html>
`.text;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The tables, and the picture in the place of which the script puts a graph. */
function differenceSection(comparison: MemoryComparison): Markup {
  const { title, tables, picture, notes } = comparisonPieces(comparison);
  const { before, now } = comparison;
  const data = { before: before.holders, now: now.holders };
  return html`<section aria-labelledby="difference-title"><h2 id="difference-title">What is different</h2>
<p>${title}</p>
${tables}
${picture && [html`<div id="difference"></div>\n<div id="difference-static">${picture}</div>\n`, dataElement("difference-data", "application/json", data)]}
${notes}</section>`;
}

/** Data for the page's script, and for whoever reads the page by program. */
function dataElement(id: string, type: string, data: unknown): Markup {
  // The end of a script element, and a comment that hides it, are the only text that must not stand in one.
  return html`<script id="${id}" type="${type}">${new Markup(JSON.stringify(data).replaceAll("<", "\\u003c"))}</script>`;
}
