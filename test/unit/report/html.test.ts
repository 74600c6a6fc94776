import { expect, test } from "vitest";
import { html, joinMarkup } from "../../../report/html.js";

test("text is escaped, for elements and for quoted attributes", () => {
  expect(`${html`<p title="${`"&'`}">${"<b>"}</p>`}`).toBe('<p title="&quot;&amp;&#39;">&lt;b&gt;</p>');
});

test("markup inside markup stays markup, and lists are joined", () => {
  const rows = ["a", "b"].map((name) => html`<li>${name}</li>`);
  expect(`${html`<ul>${rows}</ul>`}`).toBe("<ul><li>a</li><li>b</li></ul>");
});

test("nothing and false leave nothing behind, zero stays", () => {
  expect(`${joinMarkup([undefined, false, 0, ""])}`).toBe("0");
});

test("characters that would break an SVG are replaced", () => {
  expect(`${html`${"a\u0000b\u001bc\ud800d\n😀"}`}`).toBe("a\ufffdb\ufffdc\ufffdd\n😀");
});
