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

test("CPU is told from the second question on, of the time in between, and never as more than all there is", async () => {
  const before = fixtureSystem("linux-6.18-vm-v1-limited-1");
  const after = fixtureSystem("linux-6.18-vm-v1-limited-2");
  let system = before;
  const read = createUsageReader(own, { ...before, readText: (path) => system.readText(path) });
  const first = await read();
  expect(first.cpu).toBeUndefined();
  expect(first.host.cpuPercent).toBeUndefined();
  system = after;
  const second = await read();
  expect(second.cpu).toBeGreaterThan(0);
  expect(second.host.cpuPercent).toBe(100);
});
