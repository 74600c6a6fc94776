import { expect, test } from "vitest";
import {
  parseCfsQuota,
  parseCgroupBytes,
  parseCpuList,
  parseCpuMax,
  parseProcessLimit,
} from "../../../../profiler/system/parse.js";

test.each([
  ["max\n", undefined],
  ["9223372036854771712\n", undefined],
  ["1152921504606846976\n", undefined],
  ["4294967296\n", 4294967296],
  ["0\n", 0],
  ["", undefined],
  ["-1\n", undefined],
])("a memory file of %j is the limit %j", (text, limit) => {
  expect(parseCgroupBytes(text)).toBe(limit);
});

test.each([
  ["max 100000\n", undefined],
  ["150000 100000\n", 1.5],
  ["5000 50000\n", 0.1],
  ["", undefined],
])("a cpu.max of %j is %j CPUs", (text, cpus) => {
  expect(parseCpuMax(text)).toBe(cpus);
});

test.each([
  ["-1\n", "100000\n", undefined],
  ["50000\n", "100000\n", 0.5],
  ["50000\n", "0\n", undefined],
])("a quota of %j in a period of %j is %j CPUs", (quota, period, cpus) => {
  expect(parseCfsQuota(quota, period)).toBe(cpus);
});

test.each([
  ["0-3,7\n", [0, 1, 2, 3, 7]],
  ["5\n", [5]],
  ["\n", []],
  ["3-1\n", []],
])("the list of CPUs %j is %j", (text, cpus) => {
  expect(parseCpuList(text)).toEqual(cpus);
});

test("the soft limit of a process counts, and none when it is unlimited", () => {
  const limits =
    "Max data size             unlimited            unlimited            bytes     \n" +
    "Max address space         1048576              2097152              bytes     \n";
  expect(parseProcessLimit(limits, "Max address space")).toBe(1048576);
  expect(parseProcessLimit(limits, "Max data size")).toBeUndefined();
});
