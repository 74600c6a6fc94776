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
  /** What its cells are written in. */
  readonly language: "typescript" | "javascript";
  readonly env: Readonly<Record<string, string>>;
  /** The version of this package, kept in the kernelspec's metadata: by it we know our own. */
  readonly version: string;
}

/** The text of `kernel.json`. */
export function formatKernelspec({ node, program, displayName, language, env, version }: KernelspecOptions): string {
  const spec = {
    argv: [node, program, "kernel", ...kernelArguments(language)],
    display_name: displayName,
    language,
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

/** The two kernels of an installation: one for TypeScript under the name given, one for JavaScript. */
export function kernelNames(
  name: string,
): readonly { readonly name: string; readonly language: KernelspecOptions["language"] }[] {
  return [
    { name, language: "typescript" },
    { name: `${name}-js`, language: "javascript" },
  ];
}

/** What Jupyter shows of one of them, with the name that was asked for, if one was. */
export function displayNameOf(language: KernelspecOptions["language"], asked?: string): string {
  if (asked === undefined) return language === "javascript" ? "JavaScript (Cellscope)" : "TypeScript (Cellscope)";
  return language === "javascript" ? `${asked} (JavaScript)` : asked;
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

/** What stands after `cellscope kernel` to start a kernel for a language. */
function kernelArguments(language: KernelspecOptions["language"]): readonly string[] {
  const connection = ["--connection-file", "{connection_file}"];
  return language === "javascript" ? ["--javascript", ...connection] : connection;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
