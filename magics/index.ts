import { cd } from "./cd.js";
import type { Magic } from "./dispatch/magic.js";
import { env } from "./env.js";
import { loadExt } from "./load-ext.js";
import { lsmagic } from "./lsmagic.js";
import { memprofile } from "./memprofile.js";
import { mprun } from "./mprun.js";
import { npm } from "./npm.js";
import { pwd } from "./pwd.js";
import { shell } from "./shell.js";
import { sysinfo } from "./sysinfo.js";

/** Every built-in magic, one line each. */
export const builtinMagics: Readonly<Record<string, Magic>> = {
  cd,
  env,
  load_ext: loadExt,
  lsmagic,
  memprofile,
  mprun,
  npm,
  pwd,
  shell,
  sysinfo,
};
