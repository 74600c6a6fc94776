import { expect, test } from "vitest";
import {
  formatBytes,
  formatBytesOf,
  formatBytesShort,
  formatCount,
  formatDuration,
  formatPercent,
} from "../../../report/format.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.00 KiB"],
  [MiB - 1, "1.00 MiB"],
  [76.31 * MiB, "76.31 MiB"],
  [-0.5 * MiB, "-512.00 KiB"],
  [GiB, "1.00 GiB"],
  [2 ** 63, "8.00 EiB"],
  [2 ** 80, "1048576.00 EiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [24 * GiB, "24 GiB"],
  [4 * GiB, "4.0 GiB"],
  [9.97 * GiB, "10 GiB"],
  [789.4 * MiB, "789 MiB"],
  [1023.9 * MiB, "1.0 GiB"],
  [12, "12 B"],
])("%d bytes are %s in a sentence", (bytes, text) => {
  expect(formatBytesShort(bytes)).toBe(text);
});

test.each([
  [2.61 * GiB, 4 * GiB, "2.61 of 4.00 GiB"],
  [41.2 * GiB, 50 * GiB, "41.2 of 50.0 GiB"],
  [100 * MiB, 512 * MiB, "100 of 512 MiB"],
  [3, 700, "3 of 700 B"],
])("%d of %d bytes are %s", (part, whole, text) => {
  expect(formatBytesOf(part, whole)).toBe(text);
});

test.each([
  [0, "0 µs"],
  [0.43, "430 µs"],
  [0.9999, "1.0 ms"],
  [3.44, "3.4 ms"],
  [9.99, "10 ms"],
  [212, "212 ms"],
  [999.9, "1.00 s"],
  [3420, "3.42 s"],
  [59_999, "1 min 00 s"],
  [125_000, "2 min 05 s"],
  [3_599_900, "1 h 00 min"],
  [11_520_000, "3 h 12 min"],
  [187_200_000, "2 d 4 h"],
  [-212, "-212 ms"],
])("%d milliseconds are %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test.each([
  [0, "0 %"],
  [0.0001, "< 0.1 %"],
  [0.041, "4.1 %"],
  [0.0996, "10 %"],
  [0.774, "77 %"],
  [1.38, "138 %"],
  [-0.5, "-50 %"],
])("a share of %d is %s", (share, text) => {
  expect(formatPercent(share)).toBe(text);
});

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [1_048_576, "1,048,576"],
  [-1234567, "-1,234,567"],
])("the count %d is %s", (count, text) => {
  expect(formatCount(count)).toBe(text);
});
