import { UsageError } from "../kernel/errors.js";
import { measureSystemInfo } from "../profiler/system/system-info.js";
import { renderSysinfo, renderSysinfoData } from "../report/sysinfo.js";
import { defineMagic, type Magic } from "./dispatch/magic.js";
import { sysinfoType } from "./sysinfo-type.js";

// CPU time is counted in steps of 10 ms: fewer than five of them say nothing.
const shortestInterval = 50;
const longestInterval = 60_000;

/** `%sysinfo`: what this kernel may use of the machine, which limit says so, and what its processes use. */
export const sysinfo: Magic = defineMagic({
  name: "sysinfo",
  forms: ["line"],
  summary: "Show what memory and CPU this kernel may use, which limit says so, and what its processes use.",
  options: {
    json: { type: "flag", description: "Show the figures as JSON." },
    output: { type: "name", short: "o", placeholder: "NAME", description: "Put the figures into a variable." },
    interval: { type: "duration", short: "i", default: 200, description: "How long to watch the CPUs." },
  },
  async run({ json, output, interval }, { display, bind, probe }) {
    if (interval < shortestInterval || interval > longestInterval) {
      throw new UsageError(`--interval must be from ${shortestInterval}ms to 60s, got "${interval}ms".`);
    }
    const info = await measureSystemInfo(probe.processes(), { interval });
    display(json ? renderSysinfoData(info) : renderSysinfo(info));
    if (output !== undefined) await bind({ name: output, value: { kind: "json", data: info }, type: sysinfoType });
    return undefined;
  },
});
