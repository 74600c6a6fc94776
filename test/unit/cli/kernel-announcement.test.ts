import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { announceKernel, listAnnouncedKernels } from "../../../cli/kernel-announcement.js";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});
const emptyDirectory = () => {
  const directory = mkdtempSync(join(tmpdir(), "cellscope-announced-"));
  directories.push(directory);
  return directory;
};
const kernel = { connectionFile: "/run/kernel-1.json", cwd: "/home/you", samples: "tcp://127.0.0.1:5000" };

test("a kernel that runs is listed with what it announced", () => {
  const directory = join(emptyDirectory(), "not", "there", "yet");
  announceKernel(kernel, directory);
  expect(listAnnouncedKernels(directory)).toMatchObject([{ ...kernel, pid: process.pid }]);
});

test("what a killed kernel left, and what is no announcement, is taken away", () => {
  const directory = emptyDirectory();
  const dead = { ...kernel, pid: 2 ** 22 + 1, started: Date.now() };
  writeFileSync(join(directory, `${dead.pid}.json`), JSON.stringify(dead));
  writeFileSync(join(directory, "12.json"), '{"pid": 12, "conn');
  writeFileSync(join(directory, "13.json"), "null");
  expect(listAnnouncedKernels(directory)).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
});

test.runIf(process.platform === "linux")(
  "a process that has got the number of a dead kernel is not that kernel",
  () => {
    const directory = emptyDirectory();
    const file = join(directory, `${process.pid}.json`);
    writeFileSync(file, JSON.stringify({ ...kernel, pid: process.pid, started: Date.now() - 86_400_000 }));
    expect(listAnnouncedKernels(directory)).toEqual([]);
    expect(existsSync(file)).toBe(false);
  },
);

test("where no kernel has ever run there are none", () => {
  expect(listAnnouncedKernels(join(emptyDirectory(), "nowhere"))).toEqual([]);
});
