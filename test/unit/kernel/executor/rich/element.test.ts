import * as Plot from "@observablehq/plot";
import { Window } from "happy-dom";
import { expect, test } from "vitest";
import { renderValue } from "../../../../../kernel/executor/rich-result.js";

const render = async (value: unknown) => {
  const bundle = await renderValue(value, (line) => {
    throw new Error(line);
  });
  return { text: String(bundle["text/plain"]), markup: String(bundle["text/html"]), svg: bundle["image/svg+xml"] };
};

const window = new Window();
const document = window.document as unknown as NonNullable<Plot.PlotOptions["document"]>;
const data = [
  { x: 1, y: 2, kind: "a & b" },
  { x: 3, y: 1, kind: "c < d" },
];

const pictures = (markup: string) =>
  [...markup.matchAll(/src="data:image\/svg\+xml;base64,([^"]*)"/g)].map(([, base64 = ""]) =>
    Buffer.from(base64, "base64").toString(),
  );
const parseSvg = (svg: string) => new window.DOMParser().parseFromString(svg, "image/svg+xml");

test("a plot is a picture that stands alone, on white, and survives in notebooks that are not trusted", async () => {
  const plot = Plot.plot({
    document,
    ariaLabel: "two dots",
    marks: [Plot.dot(data, { x: "x", y: "y", title: "kind" })],
  });
  const { text, markup, svg } = await render(plot);
  expect(text).toMatch(/^<svg class="plot-[^>]*> … \([\d,]+ characters\)$/);
  expect(markup).toMatch(/^<img src="data:image\/svg\+xml;base64,[^"]*" alt="two dots">$/);
  expect(pictures(markup)).toEqual([svg]);
  const root = parseSvg(String(svg)).documentElement;
  expect(root?.getAttribute("xmlns")).toBe("http://www.w3.org/2000/svg");
  expect(root?.getAttribute("style")).toMatch(/^background: #ffffff/);
  expect(String(svg)).toContain("a &amp; b");
});

test("a plot with a legend and a caption keeps them, and has no bare SVG", async () => {
  const figure = Plot.plot({
    document,
    title: "Kinds",
    caption: "drawn here",
    color: { legend: true },
    marks: [Plot.dot(data, { x: "x", y: "y", fill: "kind" })],
  });
  const { markup } = await render(figure);
  expect(markup).not.toContain("<svg");
  expect(markup).toContain("<h2>Kinds</h2>");
  expect(markup).toContain("drawn here");
  // Without a style sheet the entries of the legend would run together.
  expect(markup.replaceAll(/<style>[^<]*<\/style>|<[^>]*>/g, "")).toContain("  a &amp; b  c &lt; d");
  expect(pictures(markup)).toHaveLength(3);
  for (const svg of pictures(markup)) expect(parseSvg(svg).documentElement?.tagName).toBe("svg");
});

test("other elements are HTML as they are, with their first tag as text", async () => {
  const element = document.createElement("p");
  element.className = "note";
  element.textContent = "a < b";
  expect(await render(element)).toEqual({
    text: '<p class="note"> … (28 characters)',
    markup: '<p class="note">a &lt; b</p>',
    svg: undefined,
  });
});

test("an SVG that has a style of its own and links keeps them", async () => {
  const outerHTML = '<svg style="color: red"><a xlink:href="#x"><path d="M0,0L1,1"></path></a></svg>';
  const { svg } = await render({ nodeType: 1, outerHTML });
  expect(svg).toContain('style="background: #ffffff; color: red"');
  expect(svg).toContain('xmlns:xlink="http://www.w3.org/1999/xlink"');
});
