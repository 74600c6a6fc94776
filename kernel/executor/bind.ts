import type { Command } from "./link.js";
import { createResult } from "./measured-result.js";

type Value = Extract<Command, { readonly type: "bind" }>["value"];

/** Makes the value that a notebook variable gets from what the kernel sent. */
export function toVariable(value: Value, require: (id: string) => unknown): unknown {
  if (value.kind === "json") return value.data;
  if (value.kind === "result") return createResult(value, require);
  const { tableFromIPC } = require("apache-arrow") as { readonly tableFromIPC: (bytes: Uint8Array) => unknown };
  return tableFromIPC(value.bytes);
}
