import { expect, test } from "vitest";
import { describeKernelEnd } from "../../../runner/kernel-death.js";

const heap = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n";

test.each([
  [{ exitCode: 3, signal: null, stderr: "" }, "The kernel died: exit code 3."],
  [{ exitCode: null, signal: "SIGTERM", stderr: "" }, "The kernel died: signal SIGTERM."],
  [{ exitCode: null, signal: "SIGSEGV", stderr: "" }, "The kernel died: signal SIGSEGV: a crash in native code."],
  [
    { exitCode: null, signal: "SIGKILL", stderr: "" },
    "The kernel died: signal SIGKILL: the system killed it, for want of memory perhaps, or kill -9 did.",
  ],
  [
    { exitCode: null, signal: "SIGABRT", stderr: `<--- Last few GCs --->\n${heap}` },
    "The kernel died: the JavaScript heap reached its limit " +
      "(Reached heap limit Allocation failed - JavaScript heap out of memory).",
  ],
])("%j is told with its reason", (end, reason) => {
  expect(describeKernelEnd(end).reason).toBe(reason);
});
