import { inspect } from "node:util";
import { defineMagic, type Magic } from "./dispatch/magic.js";

/** `%pwd`: the working directory. */
export const pwd: Magic = defineMagic({
  name: "pwd",
  forms: ["line"],
  summary: "Show the working directory.",
  options: {},
  async run(_options, { directory }) {
    return { status: "ok", result: { "text/plain": inspect(directory().current) } };
  },
});
