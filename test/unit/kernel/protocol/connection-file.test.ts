import { expect, test } from "vitest";
import {
  formatConnectionFile,
  formatEndpoint,
  parseConnectionFile,
} from "../../../../kernel/protocol/connection-file.js";

// As jupyter_client 8 writes it.
const file = {
  shell_port: 36641,
  iopub_port: 48013,
  stdin_port: 40479,
  control_port: 41417,
  hb_port: 36227,
  ip: "127.0.0.1",
  key: "46cc1a86-0b1a1be0d5f32f0e1c0a7d1e",
  transport: "tcp",
  signature_scheme: "hmac-sha256",
  kernel_name: "cellscope",
};
const parse = (changes: object) => parseConnectionFile(JSON.stringify({ ...file, ...changes }), "kernel-1.json");

test("a connection file is read, and written so that it reads the same", () => {
  const connection = parse({});
  expect(connection).toEqual({
    transport: "tcp",
    ip: "127.0.0.1",
    ports: { shell: 36641, iopub: 48013, stdin: 40479, control: 41417, hb: 36227 },
    key: "46cc1a86-0b1a1be0d5f32f0e1c0a7d1e",
    signatureScheme: "hmac-sha256",
  });
  expect(parseConnectionFile(formatConnectionFile(connection), "again.json")).toEqual(connection);
});

test("what is left out has its usual value", () => {
  const { transport, ip, key, signatureScheme } = parse({
    transport: undefined,
    ip: undefined,
    key: undefined,
    signature_scheme: undefined,
  });
  expect([transport, ip, key, signatureScheme]).toEqual(["tcp", "127.0.0.1", "", "hmac-sha256"]);
});

test.each([
  [{ transport: "udp" }, 'transport in kernel-1.json must be "tcp" or "ipc", got "udp".'],
  [{ ip: 7 }, "ip in kernel-1.json must be a text, got 7."],
  [{ ip: "" }, 'ip in kernel-1.json must be a text, got "".'],
  [{ shell_port: undefined }, "shell_port in kernel-1.json must be a port number from 1 to 65535, got undefined."],
  [{ hb_port: "80" }, 'hb_port in kernel-1.json must be a port number from 1 to 65535, got "80".'],
  [{ iopub_port: 0 }, "iopub_port in kernel-1.json must be a port number from 1 to 65535, got 0."],
  [{ stdin_port: 65536 }, "stdin_port in kernel-1.json must be a port number from 1 to 65535, got 65536."],
  [{ control_port: 1.5 }, "control_port in kernel-1.json must be a port number from 1 to 65535, got 1.5."],
  [
    { signature_scheme: "md5" },
    'signature_scheme in kernel-1.json must be "hmac-sha256" or "hmac-" with another hash, got "md5".',
  ],
  [
    { signature_scheme: "hmac-nothing" },
    'signature_scheme in kernel-1.json must be "hmac-sha256" or "hmac-" with another hash, got "hmac-nothing".',
  ],
])("%j is refused: %s", (changes, message) => {
  expect(() => parse(changes)).toThrow(message);
});

test("a key of the wrong kind is refused without showing it", () => {
  expect(() => parse({ key: [12345] })).toThrow(/^key in kernel-1.json must be a text\.$/);
});

test.each([
  ["", "The connection file kernel-1.json must hold JSON: SyntaxError"],
  ["{", "The connection file kernel-1.json must hold JSON: SyntaxError"],
  ["[1]", "The connection file kernel-1.json must hold a JSON object, got [1]"],
  ["null", "The connection file kernel-1.json must hold a JSON object, got null"],
])("the text %j is refused", (text, message) => {
  expect(() => parseConnectionFile(text, "kernel-1.json")).toThrow(message);
});

test.each([
  [{}, "tcp://127.0.0.1:36641"],
  [{ ip: "*" }, "tcp://*:36641"],
  [{ ip: "::1" }, "tcp://[::1]:36641"],
  [{ ip: "[::1]" }, "tcp://[::1]:36641"],
  [{ transport: "ipc", ip: "/run/user/kernel", shell_port: 1 }, "ipc:///run/user/kernel-1"],
])("with %j the shell is at %s", (changes, endpoint) => {
  expect(formatEndpoint(parse(changes), "shell")).toBe(endpoint);
});
