// Every stack that a cell sees, prints or throws is mapped and tidied here, by V8's own hook, when it is first read.
import { fileURLToPath } from "node:url";
import type { StackFrame } from "./link.js";
import type { SourceMaps } from "./source-maps.js";

/** V8 keeps 10 frames: too few to reach from inside a package to the cell that called it. */
const stackTraceLimit = 50;

/** Makes every `stack` of this process speak of the cells' TypeScript, without frames of `ownFiles`. */
export function installStackTraces(sourceMaps: SourceMaps, ownFiles: ReadonlySet<string>): void {
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = (error, callSites) => {
    const header = describe(error);
    const lines = withoutOurs(callSites, ownFiles).map(
      (callSite) => `\n    at ${formatCallSite(callSite, sourceMaps)}`,
    );
    return header + lines.join("");
  };
}

/** Reads the frames back from a `stack` that was made here, or by another realm or thread. */
export function parseStack(stack: string): readonly StackFrame[] {
  const frames: StackFrame[] = [];
  for (const line of stack.split("\n")) {
    const match =
      /^ {4}at (?:(?:async )?(.+?) \()?(In\[\d+\](?:~\d+)?|(?:file:\/\/|node:|\/|[A-Za-z]:[\\/]).*?|evalmachine\.<anonymous>|[\w.-][\w./@ -]*\.\w+):(\d+):(\d+)\)?$/.exec(
        line.replace(/^( {4}at )async (?=\S+$)/, "$1"),
      );
    if (match === null) continue;
    const [, functionName, file = "", lineNumber, column] = match;
    frames.push({
      ...(functionName === undefined ? {} : { functionName }),
      file: toPath(file),
      line: Number(lineNumber),
      column: Number(column),
    });
  }
  return frames;
}

function describe(error: unknown): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    // A getter of the error's own that throws must not hide the frames.
    return "Error";
  }
}

function formatCallSite(callSite: NodeJS.CallSite, sourceMaps: SourceMaps): string {
  // `exports.f` is how the converter writes a top-level function; nobody wrote it into a cell.
  const text = callSite.toString().replace(/^(async )?(?:Object\.|exports\.)(?=\S+ \()/, "$1");
  const script = callSite.getFileName();
  const line = callSite.getLineNumber();
  const column = callSite.getColumnNumber();
  if (script === null || script === undefined || line === null || column === null) return text;
  const mapped = sourceMaps.map(script, line, column);
  return text.replace(`${script}:${line}:${column}`, () => `${mapped.file}:${mapped.line}:${mapped.column}`);
}

/**
 * Leaves out the executor's own frames, what of Node lies under the outermost frame of the user's, Node's module loader
 * between two of the user's, and Node's insides that tell nothing. Node's other frames above the innermost one of the
 * user's stay: they tell which API failed.
 */
function withoutOurs(callSites: readonly NodeJS.CallSite[], ownFiles: ReadonlySet<string>): readonly NodeJS.CallSite[] {
  const others = callSites.filter((callSite) => !ownFiles.has(callSite.getFileName() ?? ""));
  const outermost = others.findLastIndex((callSite) => !isOfNode(callSite));
  if (outermost === -1) {
    // An error of Node's own has nothing else to show. What we have called, such as the compiler of the cell, is ours.
    return others.length < callSites.length ? [] : others.filter(tellsSomething);
  }
  const innermost = others.findIndex((callSite) => !isOfNode(callSite));
  return others
    .slice(0, outermost + 1)
    .filter((callSite, index) =>
      index < innermost ? tellsSomething(callSite) : !callSite.getFileName()?.startsWith("node:internal/"),
    );
}

/** What makes errors, and what calls back, is the same for every API. */
const silentFiles =
  /^node:internal\/(?:errors$|util|validators$|per_context\/|deps\/|bootstrap\/|process\/|async_hooks$|timers$|async_local_storage\/|event_target$)/;

function tellsSomething(callSite: NodeJS.CallSite): boolean {
  return !silentFiles.test(callSite.getFileName() ?? "");
}

/** Whether a frame belongs to Node itself; `Array.map`, which has no file, does when nothing of the user's is under it. */
function isOfNode(callSite: NodeJS.CallSite): boolean {
  const file = callSite.getFileName();
  return file === null || file === undefined || file.startsWith("node:");
}

/** The path of a file that may be named by a URL. */
export function toPath(file: string): string {
  if (!file.startsWith("file://")) return file;
  try {
    return fileURLToPath(file);
  } catch {
    // Not a path on this machine; the URL tells more than nothing.
    return file;
  }
}
