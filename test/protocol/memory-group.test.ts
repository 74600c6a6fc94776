// Control groups of this machine, where tests may make them: as root with version 1, in what was delegated with version 2.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { createMemoryGroup } from "../../runner/memory-group.js";

const mebibyte = 1024 * 1024;
const limit = 96 * mebibyte;
/** Allocates what it is told to when it is told to, and says when it has done so. */
const program =
  'const held = []; process.stdin.on("data", (text) => { for (let i = 0; i < Number(text); i++) held.push(Buffer.alloc(1 << 20, 1)); process.stdout.write("done"); });';

function isPossible(): boolean {
  const group = process.platform === "linux" ? createMemoryGroup(limit) : undefined;
  return group?.remove() ?? false;
}

/** Which memory controllers there are, in the words of the system. */
const owns = process.platform === "linux" ? readFileSync("/proc/self/cgroup", "utf8") : "";

test.runIf(isPossible())("the system ends what holds more than the limit of its group, and says so", async () => {
  const group = createMemoryGroup(limit);
  const child = spawn(process.execPath, ["-e", program], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit") as Promise<[number | null, string | null]>;
  try {
    group?.add(child.pid ?? 0);
    expect(group?.version).toBe(/^\d+:memory:/m.test(owns) ? 1 : 2);
    child.stdin.write("20");
    await once(child.stdout, "data");
    expect([group?.kills(), child.exitCode, child.signalCode]).toEqual([0, null, null]);
    child.stdin.write("200");
    expect(await ended).toEqual([null, "SIGKILL"]);
    expect(group?.kills()).toBe(1);
    const peak = group?.peak() ?? limit;
    expect(peak).toBeLessThanOrEqual(limit);
    expect(peak).toBeGreaterThan(limit / 2);
  } finally {
    child.kill("SIGKILL");
    await vi.waitFor(() => expect(group?.remove()).toBe(true), { timeout: 5000, interval: 20 });
  }
});

test.runIf(/^0::/m.test(owns))("a hierarchy of version 2 without memory, as this one may be, is left as it is", () => {
  const mountinfo = readFileSync("/proc/self/mountinfo", "utf8");
  const own = owns
    .split("\n")
    .filter((line) => line.startsWith("0::"))
    .join("\n");
  const group = createMemoryGroup(limit, { own, mountinfo });
  // Where it does have memory, and lets us, it has made one.
  expect(group?.version ?? 2).toBe(2);
  expect(group?.remove() ?? true).toBe(true);
});
