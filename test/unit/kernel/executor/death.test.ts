import { expect, test } from "vitest";
import { type DeathSigns, describeDeath } from "../../../../kernel/executor/death.js";

const signs = (seen: Partial<DeathSigns>): DeathSigns => ({ exitCode: null, signal: null, stderr: "", ...seen });
const heapLimit = `
<--- Last few GCs --->

[4242:0x5a2c000]      812 ms: Mark-Compact 46.9 (50.4) -> 46.8 (50.4) MB, 20.39 / 0.00 ms  (average mu = 0.113)

<--- JS stacktrace --->

FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----
`;

test.each([
  ["an exit code", { exitCode: 3 }, "ExecutorDied", "exit code 3"],
  ["an exit code of 0", { exitCode: 0 }, "ExecutorDied", "exit code 0"],
  ["nothing at all", {}, "ExecutorDied", "exit code unknown"],
  ["SIGSEGV", { signal: "SIGSEGV" }, "ExecutorDied", "signal SIGSEGV: a crash in native code"],
  ["SIGKILL", { signal: "SIGKILL" }, "ExecutorDied", "signal SIGKILL: something outside of the notebook killed it"],
  ["a signal without a meaning", { signal: "SIGXCPU" }, "ExecutorDied", "signal SIGXCPU"],
  [
    "V8's last words",
    { signal: "SIGABRT", stderr: heapLimit },
    "OutOfMemoryError",
    "the JavaScript heap reached its limit (Reached heap limit Allocation failed - JavaScript heap out of memory)",
  ],
  [
    "another fatal error of V8's",
    { signal: "SIGABRT", stderr: "FATAL ERROR: v8::ToLocalChecked Empty MaybeLocal\n" },
    "ExecutorDied",
    "signal SIGABRT: native code or Node aborted",
  ],
  [
    "SIGKILL while the system counted a kill in the cgroup",
    { signal: "SIGKILL", oomKills: { inCgroup: 1, onMachine: 1 } },
    "OutOfMemoryError",
    "the system killed it: the memory that this kernel may use was full",
  ],
  [
    "SIGKILL while the system counted a kill elsewhere",
    { signal: "SIGKILL", oomKills: { inCgroup: 0, onMachine: 2 } },
    "OutOfMemoryError",
    "the system killed it: the memory of the machine was full",
  ],
  [
    "another signal while the system counted a kill",
    { signal: "SIGTERM", oomKills: { inCgroup: 1, onMachine: 1 } },
    "ExecutorDied",
    "signal SIGTERM: something asked it to end",
  ],
  [
    "SIGKILL of our own",
    { signal: "SIGKILL", killedByUser: true, oomKills: { inCgroup: 1, onMachine: 1 } },
    "ExecutorKilled",
    "it was ended because the cell could not be stopped",
  ],
])("%s names the cause", (_name, seen, name, cause) => {
  expect(describeDeath(signs(seen))).toEqual({ name, cause });
});
