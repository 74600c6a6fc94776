import { defineMagic, type Magic } from "./dispatch/magic.js";

/** `%load_ext`: does nothing but say so, for notebooks and habits from IPython. */
export const loadExt: Magic = defineMagic({
  name: "load_ext",
  forms: ["line"],
  summary: "Do nothing: every magic of this kernel is built in.",
  operands: "NAME",
  body: "text",
  options: {},
  async run(_options, { line, output }) {
    output.stream("stdout", `%load_ext ${line}: nothing to load, the magics are built in. %lsmagic lists them.\n`);
    return undefined;
  },
});
