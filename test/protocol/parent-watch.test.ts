import { type ChildProcess, spawn } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { watchParent } from "../../kernel/parent-watch.js";

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function startProcess(): ChildProcess & { readonly pid: number } {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  children.push(child);
  const { pid } = child;
  if (pid === undefined) throw new Error("The process did not start");
  return Object.assign(child, { pid });
}

test("tells once that the watched process has ended, and not before", async () => {
  const child = startProcess();
  let calls = 0;
  const gone = new Promise<void>((resolve) => {
    watchParent(
      child.pid,
      () => {
        calls++;
        resolve();
      },
      5,
    );
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  expect(calls).toBe(0);
  await exited;
  await gone;
  expect(calls).toBe(1);
});

test("tells nothing when the watch was stopped", async () => {
  const [stopped, watched] = [startProcess(), startProcess()];
  let calls = 0;
  watchParent(stopped.pid, () => calls++, 5)();
  const exited = new Promise((resolve) => stopped.once("exit", resolve));
  stopped.kill("SIGKILL");
  await exited;
  // The other watch is looked at more than once after the first process has ended.
  await new Promise<void>((resolve) => {
    watchParent(watched.pid, resolve, 5);
    watched.kill("SIGKILL");
  });
  expect(calls).toBe(0);
});
