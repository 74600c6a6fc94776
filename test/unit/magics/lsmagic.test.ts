import { expect, test } from "vitest";
import { defineMagic } from "../../../magics/dispatch/magic.js";
import { loadExt } from "../../../magics/load-ext.js";
import { lsmagic, renderMagics } from "../../../magics/lsmagic.js";

const escaping = defineMagic({
  name: "both",
  aliases: ["either"],
  forms: ["line", "cell"],
  summary: "Turn <b> & </b> to text.",
  options: {},
  run: async () => undefined,
});

test("the list has every spelling of every magic, by name", async () => {
  const bundle = renderMagics([loadExt, lsmagic, escaping]);
  await expect(bundle["text/plain"]).toMatchFileSnapshot("../../golden/lsmagic.txt");
  await expect(bundle["text/html"]).toMatchFileSnapshot("../../golden/lsmagic.html");
});
