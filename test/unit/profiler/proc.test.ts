import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseChildren, parseCpuTime, parseHwm, parseNewestPid, parseResidentPages } from "../../../profiler/proc.js";

const status = "Name:\tnode\nVmPeak:\t 1093116 kB\nVmSize:\t 1090812 kB\nVmHWM:\t   61440 kB\nVmRSS:\t   60928 kB\n";

test("the high-water mark is read in bytes", () => {
  expect(parseHwm(status)).toEqual({ value: 61_440 * 1024 });
});

test("a system that keeps no high-water mark is told, not taken for 0", () => {
  expect(parseHwm("Name:\tnode\nVmRSS:\t 60928 kB\n")).toEqual({ missing: "no VmHWM in /proc/self/status" });
});

test("resident pages are the second figure of statm", () => {
  expect(parseResidentPages("272703 15232 11264 18 0 41216 0\n")).toBe(15_232);
  expect(parseResidentPages("")).toBeNaN();
});

test("CPU time is found behind a program's name with blanks and parentheses", () => {
  const stat = "4711 (my (odd) name) S 1 4711 4711 0 -1 4194304 8044 0 0 0 123 45 0 0 20 0 11 0 1 1117000000 15232";
  expect(parseCpuTime(stat)).toBe((123 + 45) * 10);
});

test("children are a list of pids, or nothing", () => {
  expect(parseChildren("12 345 ")).toEqual([12, 345]);
  expect(parseChildren("")).toEqual([]);
});

test.runIf(process.platform === "linux")("this process's own files are understood", () => {
  expect(parseHwm(readFileSync("/proc/self/status", "latin1"))).toEqual({ value: expect.any(Number) });
  expect(parseResidentPages(readFileSync("/proc/self/statm", "latin1"))).toBeGreaterThan(1000);
  expect(parseCpuTime(readFileSync("/proc/self/stat", "latin1"))).toBeGreaterThan(0);
});

test.each([
  ["as Linux has it", "5.89 10.18 7.47 11/255 11936\n", 11936],
  ["as gVisor has it", "0.00 0.00 0.00 0/0 0\n", undefined],
  ["where there is none", "", undefined],
])("the newest process %s", (_where, loadavg, expected) => {
  expect(parseNewestPid(loadavg)).toBe(expected);
});
