import { expect, test } from "vitest";
import { parseParentPid } from "../../../kernel/parent-watch.js";

test.each([
  [{ JPY_PARENT_PID: "4711" }, "linux", 4711],
  [{ JPY_PARENT_PID: "1" }, "linux", 1],
  [{}, "linux", undefined],
  [{ JPY_PARENT_PID: "" }, "linux", undefined],
  [{ JPY_PARENT_PID: "0" }, "linux", undefined],
  [{ JPY_PARENT_PID: "-1" }, "darwin", undefined],
  [{ JPY_PARENT_PID: "12x" }, "linux", undefined],
  [{ JPY_PARENT_PID: "4711" }, "win32", undefined],
] as const)("of %j on %s, the parent to watch is %j", (env, platform, expected) => {
  expect(parseParentPid(env, platform)).toBe(expected);
});
