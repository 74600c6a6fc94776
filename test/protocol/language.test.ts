import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type LanguageOptions, startLanguage } from "../../kernel/language/client.js";
import type { Language } from "../../kernel/language/requests.js";
import { buildLanguageBundle, type LanguageBundle } from "../support/language-bundle.js";

let bundle: LanguageBundle;
const started: Language[] = [];
const directories: string[] = [];

beforeAll(async () => {
  bundle = await buildLanguageBundle();
}, 60_000);
afterAll(() => {
  bundle.remove();
  for (const directory of directories) rmSync(directory, { recursive: true });
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((language) => language.close()));
});

function start(options: Partial<LanguageOptions> = {}): Language {
  const language = startLanguage({
    mainPath: bundle.mainPath,
    cacheDirectory: join(bundle.directory, "cache"),
    cwd: bundle.directory,
    snapshotDelay: false,
    ...options,
  });
  started.push(language);
  return language;
}

/** A process in place of the language process: `script` runs with `send`, and with `onRequest` for each request. */
function fake(name: string, script: string): string {
  const path = join(bundle.directory, name, "dist/kernel/language/main.cjs");
  mkdirSync(dirname(path), { recursive: true });
  const frames = `
    const { serialize, deserialize } = require("node:v8");
    const send = (value) => { const p = serialize(value), h = Buffer.alloc(4); h.writeUInt32LE(p.length); require("node:fs").writeSync(1, Buffer.concat([h, p])); };
    let bytes = Buffer.alloc(0);
    const onRequest = (answer) => process.stdin.on("data", (chunk) => {
      for (bytes = Buffer.concat([bytes, chunk]); bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32LE(0); ) {
        const end = 4 + bytes.readUInt32LE(0); const request = deserialize(bytes.subarray(4, end)); bytes = bytes.subarray(end); answer(request);
      }
    });
    process.stdin.on("end", () => process.exit(0));`;
  writeFileSync(path, `${frames}\n${script}`);
  return path;
}

function commandLine(language: Language): string {
  return readFileSync(`/proc/${language.pid()}/cmdline`, "utf8");
}

test("every request is answered, in any number at once", async () => {
  const language = start();
  const [converted, refused, completed, inspected, complete, merged] = await Promise.all([
    language.convert("", "const x: number = 1; x"),
    language.convert("", "nope"),
    language.complete("declare const alpha: number;\n", "alp", 3),
    language.inspect("declare const alpha: number;\n", "alpha", 2, 0),
    language.isComplete("f("),
    language.mergeDeclarations("let a: 1;\n", "let a: 2;\n", ["a"], []),
  ]);
  expect(converted).toMatchObject({ status: "converted", declares: ["x"], resultName: "tsLastExpr" });
  expect(refused).toMatchObject({ status: "diagnostics", diagnostics: [{ code: 2304 }] });
  expect(completed.matches).toEqual(["alpha"]);
  expect(inspected?.["text/plain"]).toBe("const alpha: number");
  expect(complete).toEqual({ status: "incomplete", indent: "  " });
  expect(merged).toBe("let a: 1;\n");
});

test("a request that cannot be answered fails, and the process lives", async () => {
  const language = start();
  await language.isComplete("1");
  const pid = language.pid();
  await expect(language.complete("", 5 as unknown as string, 0)).rejects.toThrow(
    "The language process failed to complete",
  );
  expect(await language.isComplete("1")).toEqual({ status: "complete" });
  expect(language.pid()).toBe(pid);
});

test("a process that is killed is started again, and its requests are answered", async () => {
  const language = start();
  await language.isComplete("1");
  const pid = language.pid() ?? 0;
  process.kill(pid, "SIGKILL");
  expect(await language.convert("", "1 + 1")).toMatchObject({ status: "converted" });
  expect(language.pid()).not.toBe(pid);
});

test("what the process dies of twice fails with the reason, and nothing else does", async () => {
  const language = start({
    mainPath: fake(
      "dies",
      'send({ ready: true }); onRequest(({ id, method }) => { if (method === "convert") { process.stderr.write("no memory"); process.exit(9); } send({ id, value: "fine" }); });',
    ),
  });
  const [converted, completeness] = await Promise.allSettled([language.convert("", "1"), language.isComplete("1")]);
  expect(converted).toMatchObject({
    reason: {
      name: "LanguageError",
      message: "The language process ended with exit code 9, twice, while it was to convert. no memory",
    },
  });
  expect(completeness).toMatchObject({ value: "fine" });
});

test("a process that never gets ready fails the requests, with what it said", async () => {
  const language = start({
    mainPath: fake("broken", 'process.stderr.write("cannot find it"); process.exitCode = 4; process.stdin.destroy();'),
  });
  await expect(language.isComplete("1")).rejects.toThrow(
    "The language process ended with exit code 4 before it was ready. cannot find it",
  );
});

test("a request that takes too long fails, and the next one has a new process", async () => {
  const language = start({
    timeLimit: 2000,
    mainPath: fake(
      "slow",
      'send({ ready: true }); onRequest(({ id, method }) => { if (method !== "convert") send({ id, value: process.pid }); });',
    ),
  });
  const pid = await language.isComplete("1");
  await expect(language.convert("", "1")).rejects.toThrow("did not convert within 2 s and was restarted");
  expect(await language.isComplete("1")).not.toBe(pid);
});

test("a broken answer ends the process instead of hanging", async () => {
  const language = start({
    mainPath: fake(
      "garbles",
      "send({ ready: true }); onRequest(() => process.stdout.write(Buffer.from([2, 0, 0, 0, 1, 2])));",
    ),
  });
  await expect(language.isComplete("1")).rejects.toThrow("Its answer cannot be read");
});

test("closing ends the process, the requests under way, and all later ones", async () => {
  const language = start();
  await language.isComplete("1");
  const pid = language.pid() ?? 0;
  const pending = language.convert("", "1").catch((error: Error) => error.message);
  await language.close();
  expect(await pending).toBe("The language process was closed before it answered.");
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  await expect(language.isComplete("1")).rejects.toThrow("closed");
});

describe.runIf(process.platform === "linux")("start-up snapshots", () => {
  // Built at the lowest priority: where others are busy, that takes its time.
  const limit = { timeout: 240_000, interval: 50 };
  const blobs = (directory: string) => readdirSync(directory).filter((name) => name.endsWith(".blob"));

  async function build(cacheDirectory: string): Promise<string> {
    const language = start({ cacheDirectory, snapshotDelay: 0 });
    await language.isComplete("1");
    await vi.waitFor(() => expect(blobs(cacheDirectory)).toHaveLength(1), limit);
    expect(commandLine(language)).not.toContain("--snapshot-blob");
    return join(cacheDirectory, blobs(cacheDirectory)[0] ?? "");
  }

  test("one is built, and used by the next process, in its own directory", async () => {
    const cacheDirectory = join(bundle.directory, "cache-used");
    await build(cacheDirectory);
    const cwd = realpathSync(mkdtempSync(join(tmpdir(), "cellscope-language-")));
    directories.push(cwd);
    writeFileSync(join(cwd, "local.ts"), "export const local: number = 1");
    const language = start({ cacheDirectory, cwd, snapshotDelay: 0 });
    expect(await language.convert("", 'import { local } from "./local"; local.toFixed()')).toMatchObject({
      status: "converted",
      modules: [{ path: join(cwd, "local.ts") }],
    });
    expect(commandLine(language)).toContain("--snapshot-blob");
    expect(await language.complete("", "Math.sq", 7)).toMatchObject({ matches: ["sqrt"] });
    expect((await language.inspect("", "Math.max", 6, 0))?.["text/plain"]).toContain("larger");
  }, 300_000);

  test.each([
    ["cut off", (path: string) => truncateSync(path, 1000)],
    ["overwritten", (path: string) => writeFileSync(path, Buffer.alloc(statSync(path).size, 7))],
  ])(
    "one that is %s is deleted, and the cell converts all the same",
    async (how, spoil) => {
      const cacheDirectory = join(bundle.directory, `cache-${how.replace(" ", "-")}`);
      const path = await build(cacheDirectory);
      spoil(path);
      const language = start({ cacheDirectory, snapshotDelay: 1_000_000 });
      expect(await language.convert("", "1 + 1")).toMatchObject({ status: "converted" });
      expect(commandLine(language)).not.toContain("--snapshot-blob");
      expect(blobs(cacheDirectory)).toEqual([]);
    },
    300_000,
  );

  test("two kernels build one", async () => {
    const cacheDirectory = join(bundle.directory, "cache-two");
    const both = [start({ cacheDirectory, snapshotDelay: 0 }), start({ cacheDirectory, snapshotDelay: 0 })];
    await Promise.all(both.map((language) => language.isComplete("1")));
    await vi.waitFor(() => expect(blobs(cacheDirectory)).toHaveLength(1), limit);
    await vi.waitFor(
      () => expect(readdirSync(cacheDirectory).filter((name) => /\.(?:tmp|lock|failed)$/.test(name))).toEqual([]),
      limit,
    );
  }, 300_000);
});
