import { inspect } from "node:util";
import type { MimeBundle } from "../protocol/mime.js";
import { offerArrowTable } from "./rich/arrow-table.js";
import { offerElement } from "./rich/element.js";
import { offerImage } from "./rich/image.js";
import { describeFailure, type Offer } from "./rich/offer.js";
import { offerByDisplay, offerByToHtml } from "./rich/own-display.js";
import { toSendable } from "./rich/sendable.js";
import { offerVegaSpec } from "./rich/vega-spec.js";

/** What a value may offer beside its text, by the name that a warning gives it; the first one that has something wins. */
const offers: ReadonlyMap<string, Offer> = new Map([
  ["Jupyter.display", offerByDisplay],
  ["Arrow table", offerArrowTable],
  ["image", offerImage],
  ["Vega chart", offerVegaSpec],
  ["element", offerElement],
  ["toHTML", offerByToHtml],
]);

/**
 * Turns a value into what the notebook shows of it: text as `util.inspect` prints it, and the MIME types that the
 * object offers. Never throws: what fails while it is asked goes to `warn`, a line each, and the text remains.
 */
export async function renderValue(value: unknown, warn: (line: string) => void): Promise<MimeBundle> {
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    for (const [name, offer] of offers) {
      try {
        const offered = await offer(value);
        if (offered === undefined) continue;
        const { bundle, refused } = toSendable(offered);
        for (const reason of refused) warn(`${name} offers what cannot be shown: ${reason}`);
        if (Object.keys(bundle).length > 0) {
          return "text/plain" in bundle ? bundle : { "text/plain": inspectSafely(value), ...bundle };
        }
      } catch (error) {
        warn(`${name} failed, so the value is shown without it: ${describeFailure(error)}`);
      }
    }
  }
  return { "text/plain": inspectSafely(value) };
}

/** What `util.inspect` prints, without colours; the reason in its place when the value cannot be inspected. */
export function inspectSafely(value: unknown): string {
  try {
    return inspect(value);
  } catch (error) {
    return `[${typeof value} that cannot be inspected: ${describeFailure(error)}]`;
  }
}
