// SVG in a notebook that somebody else has run: front ends remove `<svg>` from HTML that they do not trust, leave its
// text behind, and show nothing of `image/svg+xml`. An `<img>` with the picture in its address is shown everywhere.
import type { MimeBundle } from "../../protocol/mime.js";
import { escapeMarkup } from "./markup.js";

/** How an SVG is shown. */
export interface SvgOptions {
  /** A colour under the picture: what is drawn in `currentColor` is black in an `<img>`, also on a dark page. */
  readonly background?: string;
}

/** The MIME types of one SVG. */
export function svgBundle(svg: string, options: SvgOptions = {}): MimeBundle {
  const alone = standAlone(svg, options);
  return { "image/svg+xml": alone, "text/html": svgImage(alone) };
}

/** An `<img>` that shows a whole SVG document. */
export function svgImage(svg: string): string {
  const label = /<svg\b[^>]*?\saria-label="([^"]*)"/.exec(svg)?.[1] ?? /<title>([^<]*)<\/title>/.exec(svg)?.[1] ?? "";
  return `<img src="data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}" alt="${escapeMarkup(label)}">`;
}

/** Makes a document of what a DOM writes of an `<svg>` element: within a page it needs no namespaces. */
export function standAlone(svg: string, { background }: SvgOptions = {}): string {
  return svg.replace(/<svg\b[^>]*>/, (tag) => {
    const spaces = [
      ...(/\sxmlns=/.test(tag) ? [] : [' xmlns="http://www.w3.org/2000/svg"']),
      ...(/\sxlink:/.test(svg) && !/\sxmlns:xlink=/.test(tag) ? [' xmlns:xlink="http://www.w3.org/1999/xlink"'] : []),
    ];
    const withSpaces = tag.replace("<svg", `<svg${spaces.join("")}`);
    return background === undefined ? withSpaces : withBackground(withSpaces, background);
  });
}

/** Before the picture's own style, which may know better. */
function withBackground(tag: string, background: string): string {
  if (/\sstyle="/.test(tag)) return tag.replace(/\sstyle="/, ` style="background: ${background}; `);
  return tag.replace("<svg", `<svg style="background: ${background}"`);
}
