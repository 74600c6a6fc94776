import { expect, test } from "vitest";
import { demandOf } from "../../../profiler/sample-socket.js";

test.each([
  [[], { heap: false }],
  [["samples", "recent/10/abc"], { heap: false }],
  [["samples", "every/50", "heap", "every/10"], { heap: true, interval: 10 }],
  [["every/0.001"], { heap: false, interval: 5 }],
  [["every/1e99"], { heap: false, interval: 60_000 }],
  [["every/", "every/x", "every/-3", "every/NaN", "heaps"], { heap: false }],
])("topics %j ask for %j", (topics, demand) => {
  expect(demandOf(topics)).toEqual(demand);
});
