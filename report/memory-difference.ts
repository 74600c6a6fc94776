// Two runs over each other, drawn: each bar is a function, as wide as the larger of what it and all under it held in
// one run and the other. Grey is what both held, red what is more, hatched blue what is no longer held.
import type { DifferenceNode } from "../profiler/holder-difference.js";
import { barLabels, barLabelSize as labelSize } from "./bar-labels.js";
import { colours } from "./colours.js";
import { type FlameKind, type FlameNode, type PlacedBar, placeBars } from "./flame.js";
import { html, type Markup } from "./html.js";
import { nameOfFrame, placeOfFrame } from "./memory-profile-holders.js";
import { formatMebibytes } from "./memory-profile-words.js";
import { label, type Picture, picture, pictureWidth, polygon, rectangle } from "./svg.js";
import { textWidth } from "./text-width.js";

/** Less than this is what samples err by. */
const smallest = 0.25 * 1024 * 1024;

/** What the colours of a difference mean. */
export const differenceKey: readonly (readonly [kind: FlameKind, text: string])[] = [
  ["same", "held by both"],
  ["more", "▲ more than before"],
  ["less", "▼ no longer held"],
];

/** Turns a difference into bars; functions that never held anything are left out. */
export function flameOfDifference(root: DifferenceNode): FlameNode {
  const { frame, before, now, same, more, less, children } = root;
  const change = now - before;
  const sign = Math.abs(change) < smallest ? "≈" : change > 0 ? "▲" : "▼";
  const signed = sign === "≈" ? sign : `${sign} ${change < 0 ? "-" : "+"}${formatMebibytes(Math.abs(change))}`;
  const unit = sign === "≈" ? "" : " MiB";
  return {
    name: frame === undefined ? "all" : nameOfFrame(frame),
    place: frame?.line === 0 ? "" : placeOfFrame(frame),
    bytes: same + more + less,
    parts: [
      { kind: "same" as const, bytes: same },
      { kind: "more" as const, bytes: more },
      { kind: "less" as const, bytes: less },
    ].filter(({ bytes }) => bytes > 0),
    figure: signed,
    words: [
      `${formatMebibytes(before)} MiB before, ${formatMebibytes(now)} MiB now: ${signed}${unit}`,
      `held by both ${formatMebibytes(same)} MiB, more ${formatMebibytes(more)} MiB, no longer held ${formatMebibytes(less)} MiB`,
    ],
    children: children.map(flameOfDifference).filter(({ bytes }) => bytes > 0),
  };
}

const rowHeight = 20;
const rowGap = 2;
const headHeight = 40;
const deepest = 12;
const narrowest = 2;
const margin = 1;
const hatch = "url(#less)";
const fills: Readonly<Partial<Record<FlameKind, string>>> = { same: "#6f6f6f", more: colours.bad, less: hatch };

/** Draws a difference; `undefined` when nothing was held in either run. */
export function drawDifference(root: FlameNode): Picture | undefined {
  if (root.bytes === 0 || root.children.length === 0) return undefined;
  const width = pictureWidth - 2 * margin;
  // The root says nothing that the headline does not.
  const bars = placeBars(root, [], narrowest / width).filter(({ row }) => row > 0 && row <= deepest);
  const rows = Math.max(...bars.map(({ row }) => row));
  return picture({ height: headHeight + rows * rowHeight }, [
    html`<defs><pattern id="less" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="${colours.heap}"/><rect width="3" height="7" fill="#24527d"/></pattern></defs>`,
    label([margin, 14], `who held more and who less, callers above: ${root.words[0] ?? ""}`, {
      size: labelSize,
      maxWidth: width,
    }),
    drawKey(),
    bars.map((bar) => drawBar(bar, width)),
  ]);
}

function drawKey(): readonly (Markup | undefined)[] {
  let x = margin;
  return differenceKey.flatMap(([kind, text]) => {
    const left = x;
    x += 16 + textWidth(text, { size: labelSize }) + 18;
    return [
      polygon(
        [
          [left, 23],
          [left + 11, 23],
          [left + 11, 33],
          [left, 33],
        ],
        { fill: fills[kind] ?? colours.ink },
      ),
      label([left + 16, 32], text, { size: labelSize }),
    ];
  });
}

function drawBar({ node, row, left, width: share }: PlacedBar, width: number): readonly (Markup | undefined)[] {
  const [x, y] = [margin + left * width, headHeight + (row - 1) * rowHeight];
  const height = rowHeight - rowGap;
  const shown = Math.max(1, share * width - 1);
  let from = x;
  return [
    ...node.parts.map(({ kind, bytes }) => {
      const part = (shown * bytes) / node.bytes;
      from += part;
      return rectangle({ x: from - part, y, width: part, height }, { fill: fills[kind] ?? colours.ink });
    }),
    ...barLabels({ x, y, width: shown }, node.place === "" ? node.name : `${node.name} ${node.place}`, node.figure),
  ];
}
