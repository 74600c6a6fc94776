// What a kernel.json of ours says. Pure.
import { UsageError } from "../errors.js";
import { protocolVersion } from "../protocol/messages.js";

/** What a kernelspec is made from. */
export interface KernelspecOptions {
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of the command line's bundle. */
  readonly program: string;
  readonly displayName: string;
  readonly env: Readonly<Record<string, string>>;
  /** The version of this package, kept in the kernelspec's metadata: by it we know our own. */
  readonly version: string;
}

/** The text of `kernel.json`. */
export function formatKernelspec({ node, program, displayName, env, version }: KernelspecOptions): string {
  const spec = {
    argv: [node, program, "kernel", "--connection-file", "{connection_file}"],
    display_name: displayName,
    language: "typescript",
    interrupt_mode: "message",
    kernel_protocol_version: protocolVersion,
    env,
    metadata: { debugger: false, cellscope: { version } },
  };
  return `${JSON.stringify(spec, undefined, 2)}\n`;
}

/** Whether the text of a `kernel.json` is one that `formatKernelspec` has written. */
export function isOurs(text: string): boolean {
  try {
    const spec: unknown = JSON.parse(text);
    return isRecord(spec) && isRecord(spec.metadata) && isRecord(spec.metadata.cellscope);
  } catch {
    // What is not JSON is not ours.
    return false;
  }
}

/** The name as Jupyter keeps it: in lower case; throws a `UsageError` when Jupyter would not accept it. */
export function checkKernelName(name: string): string {
  if (!/^[a-z0-9._-]+$/i.test(name) || name === "." || name === "..") {
    throw new UsageError(
      `--name may have ASCII letters, digits and the separators - . _ (and at least one of them), got "${name}".`,
    );
  }
  return name.toLowerCase();
}

/** Reads `NAME=VALUE` pairs; throws a `UsageError` that shows the pair that is none. */
export function parseVariables(pairs: readonly string[]): Record<string, string> {
  const entries = pairs.map((pair) => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(pair);
    if (!match) throw new UsageError(`--env must be NAME=VALUE, for example NODE_ENV=test, got "${pair}".`);
    return [match[1], match[2]];
  });
  return Object.fromEntries(entries);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
