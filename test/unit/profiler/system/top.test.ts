import { expect, test } from "vitest";
import type { System } from "../../../../profiler/system/system.js";
import { measureTop, parseProcessStat } from "../../../../profiler/system/top.js";
import { renderTop } from "../../../../report/sysinfo-top.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

const stat = (pid: number, parent: number, name: string, pages: number) =>
  `${pid} (${name}) S ${parent} 1 1 0 -1 0 0 0 0 0 100 50 0 0 20 0 3 0 1000 0 ${pages} 0`;
const status = (uid: number) => `Uid:\t${uid}\t${uid}\t${uid}\t${uid}\nVmRSS:\t    4000 kB\n`;

function machine(): System {
  return fixtureSystem("linux-6.18-vm-v1", {
    "/proc/10/stat": stat(10, 1, "node", 900),
    "/proc/10/status": status(1000),
    "/proc/10/cmdline": "node\0kernel.cjs\0",
    "/proc/11/stat": stat(11, 10, "node (cells)", 800),
    "/proc/11/status": status(1000),
    "/proc/11/cmdline": "node\0",
    "/proc/12/stat": stat(12, 11, "a) b (c", 700),
    "/proc/12/status": status(1000),
    "/proc/12/cmdline": "sleep\x0060\0--token=hunter2\0",
    "/proc/13/stat": stat(13, 1, "postgres", 600),
    "/proc/13/status": status(999),
    "/proc/13/cmdline": "postgres\0--secret-of-others\0",
    "/proc/14/stat": stat(14, 1, "small", 5),
  });
}

const own = [
  { role: "kernel", pid: 10 },
  { role: "executor", pid: 11 },
] as const;

test("the kernel's own processes are marked, and so is what its cells have started", async () => {
  const top = await measureTop(own, { count: 4, by: "memory", interval: 1, system: machine(), user: 1000 });
  if ("missing" in top) throw new Error(top.missing);
  const [, ...listed] = top.value.processes;
  // The process of the capture itself is the largest.
  expect(listed.map(({ pid, role }) => [pid, role])).toEqual([
    [10, "kernel"],
    [11, "executor"],
    [12, "started by a cell"],
  ]);
});

test("secrets and other users' command lines do not reach the report", async () => {
  const top = await measureTop(own, { count: 9, by: "memory", interval: 1, system: machine(), user: 1000 });
  const { "text/plain": text, "text/html": page } = renderTop(top);
  for (const shown of [String(text), String(page), JSON.stringify(top)]) {
    expect(shown).not.toMatch(/hunter2|secret-of-others/);
    expect(shown).toContain("postgres");
  }
  expect(String(text)).toMatch(/▸ +12 .* started by a cell +sleep 60 --token=\*\*\*/);
});

test("a name with brackets in it does not shift the fields", () => {
  expect(parseProcessStat(stat(12, 11, "a) b (c", 700))).toMatchObject({ name: "a) b (c", parent: 11, pages: 700 });
  expect(parseProcessStat("12 (cut")).toBeUndefined();
});

test("by CPU time, the one that works is the first", async () => {
  let reading = 0;
  const files = machine();
  const system: System = {
    ...files,
    readText: async (path) => {
      if (path !== "/proc/14/stat") return files.readText(path);
      reading += 1;
      return { value: stat(14, 1, "small", 5).replace(" 100 50 ", ` ${100 * reading} 50 `) };
    },
  };
  const top = await measureTop(own, { count: 1, by: "cpu", interval: 1, system, user: 1000 });
  expect(top).toMatchObject({ value: { processes: [{ pid: 14 }] } });
});
