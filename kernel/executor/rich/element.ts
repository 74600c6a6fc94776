import type { MimeBundle } from "../../protocol/mime.js";
import { type Offer, readProperty } from "./offer.js";
import { standAlone, svgBundle, svgImage } from "./svg.js";

/** Charts are drawn for a white page, and their axes in the colour of its text. */
const background = "#ffffff";

/** What an element of a DOM, or whatever else has an `outerHTML`, shows; charts as pictures. */
export const offerElement: Offer = (value) => {
  const markup = readProperty(value, "outerHTML");
  if (typeof markup !== "string") return undefined;
  const text = readProperty(value, "nodeType") === 1 ? { "text/plain": summarize(markup) } : {};
  return { ...text, ...toBundle(markup) };
};

function toBundle(markup: string): MimeBundle {
  if (/^<svg[\s>]/.test(markup)) return svgBundle(markup, { background });
  return { "text/html": isPlot(markup) ? withSpaces(withImages(markup)) : markup };
}

/** Observable Plot wraps charts that have a title, a caption or a legend; its class names begin alike. */
function isPlot(markup: string): boolean {
  return /^<figure\b[^>]*\sclass="plot-/.test(markup);
}

/** Where its style sheet is removed, nothing but spaces keeps the entries of a legend apart. */
function withSpaces(markup: string): string {
  return markup.replaceAll(/(<span class="plot-[^"]*swatch"><img [^>]*>)/g, " $1 ");
}

/** Each outermost `<svg>` becomes an `<img>`. */
function withImages(markup: string): string {
  let result = "";
  let depth = 0;
  let start = 0;
  for (const tag of markup.matchAll(/<svg\b[^>]*>|<\/svg>/g)) {
    const end = tag.index + tag[0].length;
    if (tag[0] !== "</svg>") {
      if (depth === 0) {
        result += markup.slice(start, tag.index);
        start = tag.index;
      }
      if (!tag[0].endsWith("/>")) depth += 1;
    } else {
      depth -= 1;
      if (depth === 0) {
        result += svgImage(standAlone(markup.slice(start, end), { background }));
        start = end;
      }
    }
  }
  return result + markup.slice(start);
}

/** The first tag: `util.inspect` of an element prints the document, and with it all there is. */
function summarize(markup: string): string {
  const tag = /^<[^>]*>/.exec(markup)?.[0] ?? "";
  const length = markup.length.toLocaleString("en-US");
  return tag === markup ? tag : `${tag} … (${length} characters)`;
}
