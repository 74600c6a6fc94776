// Kernels that are started wrongly end with a clear message, and nothing is left open.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatConnectionFile } from "../../kernel/protocol/connection-file.js";
import { createConnection } from "../support/client.js";
import { runCommand } from "../support/command-line.js";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cellscope-test-"));
});
afterAll(() => rm(directory, { recursive: true }));

const right = {
  ...{ shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 },
  ...{ ip: "127.0.0.1", key: "secret-key", transport: "tcp", signature_scheme: "hmac-sha256" },
};

async function start(file: unknown) {
  const path = join(directory, "connection.json");
  await writeFile(path, typeof file === "string" ? file : JSON.stringify(file));
  const { code, signal, stdout, stderr } = await runCommand(["kernel", "-f", path], { limit: 30_000 });
  expect([signal, stdout]).toEqual([null, ""]);
  return { code, stderr: stderr.replaceAll(path, "FILE") };
}

describe("a kernel ends with one line and the exit code 2 when its connection file", () => {
  test.each<[string, unknown, string]>([
    ["is empty", "", "The connection file FILE must hold JSON: SyntaxError: Unexpected end of JSON input"],
    ["is a list", [], "The connection file FILE must hold a JSON object, got []"],
    [
      "has a port that is 0",
      { ...right, shell_port: 0 },
      "shell_port in FILE must be a port number from 1 to 65535, got 0.",
    ],
    [
      "has a port that is negative",
      { ...right, hb_port: -1 },
      "hb_port in FILE must be a port number from 1 to 65535, got -1.",
    ],
    [
      "has a port that is too high",
      { ...right, iopub_port: 65536 },
      "iopub_port in FILE must be a port number from 1 to 65535, got 65536.",
    ],
    [
      "has a port that is a text",
      { ...right, stdin_port: "7" },
      'stdin_port in FILE must be a port number from 1 to 65535, got "7".',
    ],
    [
      "lacks a port",
      { ...right, control_port: undefined },
      "control_port in FILE must be a port number from 1 to 65535, got undefined.",
    ],
    ["names another transport", { ...right, transport: "pgm" }, 'transport in FILE must be "tcp" or "ipc", got "pgm".'],
    ["has no text for ip", { ...right, ip: 7 }, "ip in FILE must be a text, got 7."],
    ["has a key that is no text, which is not told", { ...right, key: ["secret-key"] }, "key in FILE must be a text."],
    [
      "names an unknown signature",
      { ...right, signature_scheme: "hmac-rot13" },
      'signature_scheme in FILE must be "hmac-sha256" or "hmac-" with another hash, got "hmac-rot13".',
    ],
  ])("%s", async (_name, file, message) => {
    expect(await start(file)).toEqual({ code: 2, stderr: `cellscope: ${message}\n` });
  });

  test("is not there", async () => {
    const { code, stderr } = await runCommand(["kernel", "-f", join(directory, "nowhere.json")]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^cellscope: The connection file cannot be read: ENOENT.*\n$/),
    ]);
  });

  test("names a port that is taken, an address of another machine, or one port twice", async () => {
    const { connection } = await createConnection("tcp");
    const file = JSON.parse(formatConnectionFile(connection)) as Record<string, unknown>;
    const holder = createServer().listen(connection.ports.control, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const endpoint = `tcp://127.0.0.1:${connection.ports.control}`;
    try {
      expect(await start(file)).toEqual({
        code: 2,
        stderr: `cellscope: The control channel cannot be bound to ${endpoint}: Address already in use.\n`,
      });
    } finally {
      holder.close();
    }
    expect(await start({ ...file, ip: "192.0.2.1" })).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^cellscope: The shell channel cannot be bound to tcp:\/\/192\.0\.2\.1:\d+: .*\n$/),
    });
    const twice = await start({ ...file, iopub_port: connection.ports.shell });
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining("Address already in use")]);
  });
});
