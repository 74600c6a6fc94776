import { types } from "node:util";
import type { Offer } from "./offer.js";
import { svgBundle } from "./svg.js";

/** So far into the bytes is looked for the beginning of an SVG, behind its comments. */
const svgHead = 1024;

/** The picture that bytes, or a `Blob` of an image type, are. */
export const offerImage: Offer = async (value) => {
  const bytes = await bytesOf(value);
  if (bytes === undefined) return undefined;
  if (isSvg(bytes)) return svgBundle(bytes.toString("utf8"));
  const type = typeOf(bytes);
  return type === undefined ? undefined : { [type]: bytes };
};

async function bytesOf(value: object): Promise<Buffer | undefined> {
  if (types.isUint8Array(value) || types.isUint8ClampedArray(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value);
  if (value instanceof Blob && value.type.startsWith("image/")) return Buffer.from(await value.arrayBuffer());
  return undefined;
}

/**
 * The type of an image that is whole: bytes that merely begin like one would be a broken picture in the place of
 * their text.
 */
function typeOf(bytes: Buffer): string | undefined {
  const hasAt = (text: string, at: number) => bytes.toString("latin1", at, at + text.length) === text;
  if (hasAt("\x89PNG\r\n\x1a\n", 0)) {
    return hasAt("IHDR", 12) && bytes.lastIndexOf("IEND", undefined, "latin1") > 0 ? "image/png" : undefined;
  }
  if (hasAt("\xff\xd8\xff", 0)) {
    return bytes.lastIndexOf("\xff\xd9", undefined, "latin1") > 3 ? "image/jpeg" : undefined;
  }
  if (hasAt("GIF87a", 0) || hasAt("GIF89a", 0)) return bytes.lastIndexOf(0x3b) > 12 ? "image/gif" : undefined;
  if (hasAt("RIFF", 0) && hasAt("WEBPVP8", 8))
    return bytes.readUInt32LE(4) + 8 <= bytes.length ? "image/webp" : undefined;
  return undefined;
}

function isSvg(bytes: Buffer): boolean {
  // A byte that no text has tells most data apart at once.
  if (bytes.length < 11 || bytes[0] === 0) return false;
  const head = bytes.toString("utf8", 0, svgHead);
  return (
    /^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/.test(head) &&
    /<\/svg>\s*$|<svg[^>]*\/>\s*$/.test(bytes.toString("utf8", Math.max(0, bytes.length - svgHead)))
  );
}
