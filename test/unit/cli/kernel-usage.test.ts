import { expect, test } from "vitest";
import { createUsageReader } from "../../../cli/kernel-usage.js";
import { fixtureSystem } from "../../support/fixture-system.js";

const own = () => [{ role: "executor", pid: 4242 }] as const;

test("the panel shows the container's memory and CPUs, not those of the host", async () => {
  const { host, memory } = await createUsageReader(own, fixtureSystem("linux-6.18-vm-v1-limited-1"))();
  expect(host.memory.total).toBe(512 * 1024 ** 2);
  expect(host.memory.available).toBeLessThan(host.memory.total);
  expect(host.cpuCount).toBe(0.5);
  expect(memory).toBeGreaterThan(100e6);
});

test("CPU is told of the time since the question before, and never as more than all there is", async () => {
  const before = fixtureSystem("linux-6.18-vm-v1-limited-1");
  const after = fixtureSystem("linux-6.18-vm-v1-limited-2");
  let system = before;
  const read = createUsageReader(own, { ...before, readText: (path) => system.readText(path) });
  expect((await read()).cpu).toBe(0);
  system = after;
  const second = await read();
  expect(second.cpu).toBeGreaterThan(0);
  expect(second.host.cpuPercent).toBe(100);
});

test.each(["linux-6.1-vm-v2-limited", "linux-6.1-vm-v1-limited", "linux-6.1-vm-hidepid"])(
  "what is free, active and inactive under the limit of %s is told, and is no more than the limit",
  async (name) => {
    const { total, available, free, active, inactive } = (await createUsageReader(own, fixtureSystem(name))()).host
      .memory;
    expect(free).toBeLessThan(total);
    expect((free ?? 0) + (active ?? 0) + (inactive ?? 0)).toBeLessThanOrEqual(total);
    expect(available).toBeLessThan(total);
    expect([free, active, inactive]).toEqual(Array(3).fill(expect.any(Number)));
  },
);
