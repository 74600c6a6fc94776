import { expect, test } from "vitest";
import { groupMappings, nativeGrowth } from "../../../profiler/native-memory.js";

const mapping = (head: string, kibibytes: number) =>
  `${head}\nSize:               2048 kB\nRss:                ${kibibytes} kB\nPss:                 100 kB\nVmFlags: rd ex mr mw me sd\n`;

const smaps = [
  mapping("00400000-00c59000 r--p 00000000 08:01 1234                               /opt/node/bin/node", 1000),
  mapping("00c59000-02f00000 r-xp 00859000 08:01 1234                               /opt/node/bin/node", 2000),
  mapping("0c0e7000-0ee40000 rw-p 00000000 00:00 0                                  [heap]", 300),
  mapping("7f00a0000000-7f00a4000000 rw-p 00000000 00:00 0 ", 400),
  mapping("7f00b0000000-7f00b0100000 r-xp 00000000 00:00 0 ", 50),
  mapping("7f00c0000000-7f00c0100000 r-xp 00000000 08:01 99                         /home/me/my data/addon.node", 60),
  mapping("7f00c0100000-7f00c0200000 rw-p 00100000 08:01 99                         /home/me/my data/addon.node", 7),
  mapping("7f00d0000000-7f00d0100000 r-xp 00000000 08:01 98                         /usr/lib/libc.so.6", 8),
  mapping("7f00e0000000-7f00e0100000 r--p 00000000 08:01 97                         /home/me/books.json", 9),
  mapping("7f00f0000000-7f00f0100000 rw-s 00000000 00:01 96                         /memfd:arrow (deleted)", 11),
  mapping("7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]", 12),
].join("");

test("mappings are summed up by what they are for", () => {
  const kibibytes = groupMappings(smaps).map(({ name, rss }) => [name, rss / 1024]);
  expect(kibibytes).toEqual([
    ["Node itself", 3000],
    ["malloc's first arena", 300],
    ["anonymous", 400],
    ["code that V8 made", 50],
    ["add-on addon.node", 67],
    ["libraries", 8],
    ["mapped files", 9],
    ["shared memory", 11],
    ["stack of the main thread", 12],
  ]);
});

test("two readings stand side by side, the largest growth first, also of what was there only once", () => {
  expect(
    nativeGrowth(
      [
        { name: "libraries", rss: 5 },
        { name: "gone", rss: 3 },
      ],
      [
        { name: "libraries", rss: 6 },
        { name: "add-on a.node", rss: 4 },
      ],
    ),
  ).toEqual([
    { name: "add-on a.node", before: 0, after: 4 },
    { name: "libraries", before: 5, after: 6 },
    { name: "gone", before: 3, after: 0 },
  ]);
});
