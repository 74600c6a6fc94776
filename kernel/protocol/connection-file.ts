import { getHashes } from "node:crypto";
import type { Channel } from "./messages.js";

/** Where a kernel listens, and the key that signs what is said there. */
export interface ConnectionInfo {
  readonly transport: "tcp" | "ipc";
  /** A host or `*` for `tcp`; the start of a path for `ipc`. */
  readonly ip: string;
  readonly ports: Readonly<Record<Channel, number>>;
  /** Empty when messages are not signed. */
  readonly key: string;
  /** `hmac-` and the name of a hash. */
  readonly signatureScheme: string;
}

/** A connection file that cannot be used; the message names the field, its value and what would be right. */
export class ConnectionFileError extends Error {
  override readonly name = "ConnectionFileError";
}

/** Reads the text of a connection file; `path` only names it in errors. */
export function parseConnectionFile(text: string, path: string): ConnectionInfo {
  const file = parseObject(text, path);
  const { transport = "tcp", ip = "127.0.0.1", key = "", signature_scheme: scheme = "hmac-sha256" } = file;
  const fail = (field: string, right: string, value: unknown): never => {
    throw new ConnectionFileError(`${field} in ${path} must be ${right}, got ${String(JSON.stringify(value))}.`);
  };
  if (transport !== "tcp" && transport !== "ipc") return fail("transport", '"tcp" or "ipc"', transport);
  if (typeof ip !== "string" || ip === "") return fail("ip", "a text", ip);
  // The key is a secret: its value stays out of the message.
  if (typeof key !== "string") throw new ConnectionFileError(`key in ${path} must be a text.`);
  if (typeof scheme !== "string" || !(scheme.startsWith("hmac-") && getHashes().includes(scheme.slice(5)))) {
    return fail("signature_scheme", '"hmac-sha256" or "hmac-" with another hash', scheme);
  }
  const port = (field: string): number => {
    const value = file[field];
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 65535) {
      return fail(field, "a port number from 1 to 65535", value);
    }
    return value;
  };
  const ports = {
    shell: port("shell_port"),
    control: port("control_port"),
    stdin: port("stdin_port"),
    iopub: port("iopub_port"),
    hb: port("hb_port"),
  };
  return { transport, ip, ports, key, signatureScheme: scheme };
}

/** Writes a connection as the JSON text of a connection file. */
export function formatConnectionFile({ transport, ip, ports, key, signatureScheme }: ConnectionInfo): string {
  const file = {
    shell_port: ports.shell,
    iopub_port: ports.iopub,
    stdin_port: ports.stdin,
    control_port: ports.control,
    hb_port: ports.hb,
    ip,
    key,
    transport,
    signature_scheme: signatureScheme,
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** The ZeroMQ address of one channel. */
export function formatEndpoint({ transport, ip, ports }: ConnectionInfo, channel: Channel): string {
  if (transport === "ipc") return `ipc://${ip}-${ports[channel]}`;
  const host = isIpv6({ transport, ip }) && !ip.startsWith("[") ? `[${ip}]` : ip;
  return `tcp://${host}:${ports[channel]}`;
}

/** Whether sockets must be told to speak IPv6 for this connection. */
export function isIpv6({ transport, ip }: Pick<ConnectionInfo, "transport" | "ip">): boolean {
  return transport === "tcp" && ip.includes(":");
}

function parseObject(text: string, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConnectionFileError(`The connection file ${path} must hold JSON: ${String(cause)}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConnectionFileError(`The connection file ${path} must hold a JSON object, got ${text.slice(0, 40)}`);
  }
  // It is an object, no array and not null.
  return value as Readonly<Record<string, unknown>>;
}
