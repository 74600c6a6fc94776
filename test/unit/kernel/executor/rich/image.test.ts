import { inspect } from "node:util";
import { expect, test } from "vitest";
import { renderValue } from "../../../../../kernel/executor/rich-result.js";

const render = (value: unknown) =>
  renderValue(value, (line) => {
    throw new Error(line);
  });

// The smallest images of each kind that browsers draw.
const images = {
  "image/png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "image/gif": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
  "image/webp": "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA",
  "image/jpeg":
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=/9k=",
} as const;

test.each(Object.entries(images))("bytes of %s are shown as the image, beside their text", async (type, base64) => {
  const bytes =
    type === "image/jpeg"
      ? Buffer.concat([Buffer.from(base64.slice(0, -5), "base64"), Buffer.of(0xff, 0xd9)])
      : Buffer.from(base64, "base64");
  const expected = { [type]: bytes.toString("base64") };
  expect(await render(bytes)).toEqual({ "text/plain": inspect(bytes), ...expected });
  const array = new Uint8Array([0, ...bytes]).subarray(1);
  expect(await render(array)).toEqual({ "text/plain": inspect(array), ...expected });
  const blob = new Blob([bytes], { type });
  expect(await render(blob)).toEqual({ "text/plain": inspect(blob), ...expected });
});

test.each([
  ["an empty buffer", Buffer.alloc(0)],
  ["zeros", Buffer.alloc(100)],
  ["text", Buffer.from("<svgs and other words")],
  ["the signature of PNG alone", Buffer.from("89504e470d0a1a0a", "hex")],
  ["half of a PNG", Buffer.from(images["image/png"], "base64").subarray(0, 40)],
  ["half of a WebP", Buffer.from(images["image/webp"], "base64").subarray(0, 20)],
  ["the first bytes of a JPEG", Buffer.from("ffd8ffe000104a464946", "hex")],
  ["RIFF that is sound", Buffer.from("RIFF\x10\0\0\0WAVEfmt ", "latin1")],
  ["HTML with an SVG in it", Buffer.from("<html><svg></svg></html>")],
  ["other numbers", Float64Array.of(1, 2)],
])("%s is text", async (_name, bytes) => {
  expect(await render(bytes)).toEqual({ "text/plain": inspect(bytes) });
});

test("the bytes of an SVG are shown in a way that untrusted notebooks keep", async () => {
  const svg =
    '<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"><title>A & b</title></svg>\n';
  const bytes = Buffer.from(svg);
  expect(await render(bytes)).toEqual({
    "text/plain": inspect(bytes),
    "image/svg+xml": svg,
    "text/html": `<img src="data:image/svg+xml;base64,${bytes.toString("base64")}" alt="A &amp; b">`,
  });
});
