import { expect, test } from "vitest";
import { imageOf, label, picture, polyline, rectangle } from "../../../report/svg.js";
import { fitText, textWidth } from "../../../report/text-width.js";

test("an image carries its picture as base64 of UTF-8, and its alt text escaped", () => {
  const drawn = picture({ width: 100, height: 20 }, [label([0, 10], "größer als 日本 & <x>")]);
  const image = imageOf(drawn, '5 "MiB"').text;
  const [, alt, data = ""] = /alt="([^"]*)" src="data:image\/svg\+xml;base64,([^"]+)"/.exec(image) ?? [];
  expect(alt).toBe("5 &quot;MiB&quot;");
  expect(Buffer.from(data, "base64").toString("utf8")).toBe(drawn.document.text);
  expect(drawn.document.text).toContain("größer als 日本 &amp; &lt;x&gt;");
});

test("coordinates are rounded to a tenth, and no width is negative", () => {
  expect(polyline([[1 / 3, 2 / 3]]).text).toContain('points="0.3,0.7"');
  expect(rectangle({ x: 0, y: 0, width: -3, height: 4 }).text).toContain('width="0"');
});

test("a text is cut in the middle, by whole characters, until it fits", () => {
  const font = { size: 10 };
  const name = "aVeryLongFunctionName😀thatNobodyCanRead";
  const cut = fitText(name, 100, font);
  expect(textWidth(cut, font)).toBeLessThanOrEqual(100);
  expect(cut).toMatch(/^aVery.*…[^…]*Read$/u);
  expect(fitText("short", 100, font)).toBe("short");
  expect(fitText("short", 2, font)).toBe("");
});

test("a label that nothing of fits is left out", () => {
  expect(label([0, 0], "name", { maxWidth: 1 })).toBeUndefined();
});

// Measured with canvas `measureText` in DejaVu Sans, at 1000 px.
test.each([
  ["the machine shows 24 GiB", false, 13327],
  ["JSON.parse 312 MiB", false, 9949],
  ["memory.limit_in_bytes", false, 11220],
  ["3.41 of 4.00 GiB", true, 9027],
  ["executor", true, 4964],
  ["Who held it at the peak", true, 13267],
])("%s is at least as wide as the widest usual font draws it", (text, bold, measured) => {
  const width = textWidth(text, { size: 1000, bold });
  expect(width).toBeGreaterThanOrEqual(measured);
  expect(width).toBeLessThan(measured * 1.12);
});
