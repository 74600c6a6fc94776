import { colours } from "./colours.js";

// The bars of what two runs both held, as dark as white text needs.
const same = "#6f6f6f";

/** How the page of a report looks, light and dark: its pictures are legible on both. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0; --raised: #f6f8fa; --focus: #0b57d0; --mark: #ffd75e; --mark-text: #1f2328;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #111111; --text: #e6e6e6; --quiet: #a0a0a0; --line: #3a3a3a; --raised: #1c1c1c; --focus: #8ab4f8; --mark: #ffd75e; --mark-text: #1f2328; }
}
* { box-sizing: border-box; }
body { background: var(--ground); color: var(--text); font: 14px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; margin: 0; }
main { margin: 0 auto; max-width: 84em; padding: 1.2em 1.5em 3em; }
h1 { font-size: 1.25em; margin: 0 0 0.6em; }
h2 { font-size: 1.05em; margin: 1.8em 0 0.4em; }
p { margin: 0.3em 0; }
table { border-collapse: collapse; margin: 0.8em 0; font-variant-numeric: tabular-nums; }
th, td { padding: 0.15em 1.2em 0.15em 0; white-space: nowrap; }
footer { color: var(--quiet); margin-top: 2em; }
[hidden] { display: none !important; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
button, input, select { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 4px; padding: 0.15em 0.6em; }
button { cursor: pointer; }
button:disabled { cursor: default; opacity: 0.5; }
fieldset { border: 0; display: inline-flex; gap: 0.8em; margin: 0; padding: 0; }
legend { float: left; padding: 0; margin-right: 0.6em; }
.quiet { color: var(--quiet); }
.tools { align-items: center; display: flex; flex-wrap: wrap; gap: 0.5em 1.4em; margin: 0.5em 0; }
.tools label { align-items: center; display: inline-flex; gap: 0.35em; }
.tools output { font-variant-numeric: tabular-nums; min-height: 1.5em; }

#course { max-width: 100%; position: relative; width: 1000px; }
#course img { display: block; height: auto; width: 100%; }
.over-time { max-width: 100%; width: 1000px; }
.over-time img { display: block; height: auto; width: 100%; }
.brush { bottom: 0; cursor: crosshair; position: absolute; top: 0; touch-action: none; }
.brush .shade { background: var(--ground); bottom: 0; opacity: 0.6; pointer-events: none; position: absolute; top: 0; }
.brush .edge { background: none; border: 0; border-left: 2px solid ${colours.accent}; border-radius: 0; bottom: 0; cursor: ew-resize; margin-left: -1px; padding: 0 5px; position: absolute; top: 0; touch-action: none; }
.brush .edge::after { background: ${colours.accent}; border-radius: 3px; content: ""; height: 18px; left: -5px; position: absolute; top: calc(50% - 9px); width: 8px; }
.figures { display: grid; gap: 0 1.2em; grid-template-columns: max-content 1fr; margin: 0.4em 0; font-variant-numeric: tabular-nums; }
.figures dt { color: var(--quiet); }
.figures dd { margin: 0; }

.trail { align-items: center; display: flex; flex-wrap: wrap; gap: 0.3em; list-style: none; margin: 0.3em 0; min-height: 2em; padding: 0; }
.trail li + li::before { content: "›"; margin-right: 0.3em; color: var(--quiet); }
.trail li { max-width: 24em; }
.trail button { border: 0; background: none; max-width: 100%; overflow: hidden; padding: 0.1em 0.3em; text-decoration: underline; text-overflow: ellipsis; white-space: nowrap; }
.flame { overflow: hidden; position: relative; width: 100%; }
.bar { border-radius: 2px; color: #ffffff; cursor: pointer; display: flex; font-size: 12px; height: 20px; line-height: 20px; overflow: hidden; position: absolute; white-space: nowrap; border-right: 1px solid var(--ground); }
.bar:focus-visible { outline-offset: -2px; outline-color: #ffffff; box-shadow: inset 0 0 0 4px #000000; z-index: 1; }
.bar .fill { bottom: 0; position: absolute; top: 0; }
.bar .words { display: flex; flex: 1; gap: 0.6em; min-width: 0; padding: 0 5px; position: relative; }
.bar .name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.bar .figure { font-variant-numeric: tabular-nums; font-weight: 600; }
.bar.above .fill { filter: brightness(0.75); }
.bar.missed .fill { filter: grayscale(1) brightness(0.85); }
.bar.match { box-shadow: inset 0 0 0 2px var(--mark); }
.bar.match .name { background: var(--mark); color: var(--mark-text); flex: 0 1 auto; padding: 0 3px; height: 16px; line-height: 16px; margin: 2px 0; border-radius: 2px; }
.bar.match .figure { margin-left: auto; }
.fill.heap, .key .heap { background: ${colours.heap}; }
.fill.offHeap, .key .offHeap { background: ${colours.offHeap}; }
.fill.same, .key .same { background: ${same}; }
.fill.more, .key .more { background: ${colours.bad}; }
.fill.less, .key .less { background: repeating-linear-gradient(135deg, ${colours.heap} 0 5px, #24527d 5px 10px); }
.key { display: flex; flex-wrap: wrap; gap: 0.2em 1.2em; margin: 0.3em 0; color: var(--quiet); }
.key span { align-items: center; display: inline-flex; gap: 0.4em; }
.key i { border-radius: 2px; display: inline-block; height: 11px; width: 16px; }
.tip { background: var(--raised); border: 1px solid var(--line); border-radius: 4px; box-shadow: 0 2px 8px rgb(0 0 0 / 0.25); max-width: 36em; padding: 0.4em 0.7em; pointer-events: none; position: fixed; z-index: 2; font-variant-numeric: tabular-nums; }
.tip b { overflow-wrap: anywhere; }
.sortable { min-width: 40em; }
.sortable th { border-bottom: 1px solid var(--line); text-align: left; }
.sortable th button { background: none; border: 0; font-weight: 600; padding: 0.1em 0; }
.sortable th[aria-sort] button::after { content: " ▾"; }
.sortable th[aria-sort="ascending"] button::after { content: " ▴"; }
.sortable .number { text-align: right; }
.sortable tbody tr:hover { background: var(--raised); }
.sortable tr.match td:first-child button { background: var(--mark); color: var(--mark-text); }
.sortable td button { background: none; border: 0; padding: 0 0.2em; text-align: left; text-decoration: underline dotted; }
.scroll { overflow-x: auto; }
@media print { .tools, .brush, .trail { display: none; } }
`;
