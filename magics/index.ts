import type { Magic } from "./dispatch/magic.js";
import { loadExt } from "./load-ext.js";
import { lsmagic } from "./lsmagic.js";
import { memprofile } from "./memprofile.js";
import { mprun } from "./mprun.js";
import { shell } from "./shell.js";
import { sysinfo } from "./sysinfo.js";

/** Every built-in magic, one line each. */
export const builtinMagics: Readonly<Record<string, Magic>> = {
  load_ext: loadExt,
  lsmagic,
  memprofile,
  mprun,
  shell,
  sysinfo,
};
