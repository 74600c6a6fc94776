import { expect, test } from "vitest";
import { parseTcpTable } from "../../../../profiler/system/tcp-table.js";

const row = (remote: string, state = "01") =>
  `   0: 00000000000000000000000001000000:C350 ${remote} ${state} 0:0 0:0 0 1000 0 9 1`;

test.each([
  ["version 6, in short", "B80D0120000000000000000001000000:1538", "[2001:db8::1]", 5432],
  ["version 4 in version 6", "0000000000000000FFFF00000100000A:01BB", "10.0.0.1", 443],
  ["version 4", "0100007F:1F90", "127.0.0.1", 8080],
])("an address of %s is read", (_, text, address, port) => {
  expect(parseTcpTable(row(text))).toEqual([
    { local: { address: "[::1]", port: 50_000 }, remote: { address, port }, inode: "9" },
  ]);
});

test("what listens or waits is no connection, and garbled lines are none", () => {
  expect(
    parseTcpTable([row("0100007F:1F90", "0A"), row("0100007F:1F90", "06"), "x", "", row("7F:1")].join("\n")),
  ).toEqual([]);
});
