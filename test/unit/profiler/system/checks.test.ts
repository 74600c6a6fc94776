import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type CheckName, checkList, judge } from "../../../../profiler/system/check-list.js";
import { checkAll } from "../../../../profiler/system/checks.js";
import { readCounters } from "../../../../profiler/system/counters.js";
import type { Allowance } from "../../../../profiler/system/limit.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

const two = { kind: "machine", value: 2, name: "" } as const;
const cpu: Allowance = { holds: two, limits: [two], machine: two, used: { value: { value: 1, how: "" } } };

async function checksOf(before: string, after: string, replaced: Readonly<Record<string, string>> = {}) {
  const checks = checkAll({
    before: await readCounters(4242, fixtureSystem(before)),
    after: await readCounters(4242, fixtureSystem(after, replaced)),
    elapsed: 2000,
    memory: cpu,
    cpu,
    disks: [
      {
        place: "working directory",
        path: "/data",
        space: { value: { size: 100, free: 12, available: 8 } },
        mount: { missing: "" },
      },
    ],
    runtime: { missing: "no cells run here" },
    lineRates: new Map([["eth0", 125e6]]),
  });
  return (name: CheckName) => {
    const check = checks.find((one) => one.name === name);
    if (check === undefined) throw new Error(`there is no check ${name}`);
    return check;
  };
}

describe("two captures of a process that wants more than its half of a CPU", () => {
  const captures = checksOf("linux-6.18-vm-v1-limited-1", "linux-6.18-vm-v1-limited-2");

  test("show it throttled", async () => {
    const { value, verdict } = (await captures)("throttled");
    expect("value" in value && value.value).toBeGreaterThan(0.5);
    expect(verdict).toBe("bad");
  });

  test("show a share of the time for pressure, and which file says so", async () => {
    const { value, detail } = (await captures)("waiting for CPU");
    expect("value" in value && value.value >= 0 && value.value <= 1).toBe(true);
    expect(detail).toBe("/sys/fs/cgroup/unified/cpu.pressure");
  });

  test("show the fullest disk as df counts it: 88 used of 96 that may be used", async () => {
    expect((await captures)("disk full")).toMatchObject({
      value: { value: 88 / 96 },
      verdict: "look",
      detail: "working directory, /data",
    });
  });

  test("say why there is nothing of the runtime", async () => {
    const check = (await captures)("event loop late");
    expect(check.value).toEqual({ missing: "no cells run here" });
    expect(check).not.toHaveProperty("verdict");
  });
});

test("counters that were set back in between are no negative rate", async () => {
  const name = "linux-6.18-vm-v1-limited-1";
  const check = await checksOf(name, name, { "/proc/vmstat": "pswpin 0\npswpout 0\npgmajfault 0\noom_kill 0\n" });
  expect(check("major faults").value).toEqual({ value: 0 });
});

test.each([
  ["throttled", 0.049, "ok"],
  ["throttled", 0.05, "look"],
  ["throttled", 0.25, "bad"],
  // All CPUs in use is what a notebook that computes is for.
  ["CPU in use", 1, "look"],
] as const)("the check %s judges %d as %s", (name, value, verdict) => {
  expect(judge(name, { value }).verdict).toBe(verdict);
});

test("the page of %sysinfo has every check with its thresholds", () => {
  const page = readFileSync(new URL("../../../../docs/magics/sysinfo.md", import.meta.url), "utf8");
  for (const [name, spec] of Object.entries(checkList)) {
    const cells = new RegExp(`^\\| ${name} +\\| ([^|]+)\\| ([^|]+)\\| ([^|]+)\\|`, "m").exec(page)?.slice(1) ?? [];
    const unit = { share: " %", "per second": "/s", number: "", milliseconds: " ms" }[spec.unit];
    const at = (value: number) => `${spec.unit === "share" ? Math.round(value * 1000) / 10 : value}${unit}`;
    const expected = [spec.aspect, at(spec.look), "bad" in spec ? at(spec.bad) : "—"];
    expect(
      cells.map((cell) => cell.trim()),
      `the row of "${name}"`,
    ).toEqual(expected);
  }
});
