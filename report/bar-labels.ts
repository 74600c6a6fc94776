import type { Markup } from "./html.js";
import { label } from "./svg.js";
import { textWidth } from "./text-width.js";

/** Where a bar of a picture is, from its left edge and its top. */
export interface BarPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Letters within bars, and around them. */
export const barLabelSize = 11;

/** What stands in a bar: its text, as far as there is room, and its figure at the right end when there is room for both. */
export function barLabels({ x, y, width }: BarPlace, text: string, figure: string): readonly (Markup | undefined)[] {
  const room = width - 10;
  const figureWidth = textWidth(figure, { size: barLabelSize, bold: true });
  const hasFigure = room > figureWidth + 40;
  return [
    label([x + 5, y + 13], text, {
      size: barLabelSize,
      fill: "#ffffff",
      maxWidth: hasFigure ? room - figureWidth - 8 : room,
    }),
    hasFigure
      ? label([x + width - 5, y + 13], figure, { size: barLabelSize, bold: true, fill: "#ffffff", anchor: "end" })
      : undefined,
  ];
}
