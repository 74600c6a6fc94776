// The language process: answers about TypeScript until stdin ends. Its bundle is also what a start-up snapshot is
// built from; a process started from one finds the libraries parsed and the compiler warm.
import { writeSync } from "node:fs";
import { startupSnapshot } from "node:v8";
import { cellGlobals } from "../cell-globals.js";
import { encodeFrame, FrameReader } from "../protocol/frames.js";
import { forgetCollator } from "./internals.js";
import type { Dialect, ProcessArguments, Reply, Request } from "./process-link.js";
import type { SharedProgram } from "./shared-program.js";
import { SourceFiles } from "./source-files.js";
import { createTypeScript, type TypeScript } from "./tslab.js";
import { warmUp } from "./warm-up.js";

// All that a snapshot carries over. Parsed files know no working directory; a program does, and is looked at again.
const sourceFiles = new SourceFiles();
let kept: SharedProgram | undefined;

if (startupSnapshot.isBuildingSnapshot()) {
  const keep = (program: SharedProgram): void => {
    kept = program;
  };
  warmUp(createTypeScript({ ...readArguments(), sourceFiles, keep }));
  forgetCollator();
  startupSnapshot.setDeserializeMainFunction(serve);
} else serve();

function serve(): void {
  // Answers alone go to stdout; what a library prints there would break their frames.
  Object.defineProperty(process, "stdout", { configurable: true, get: () => process.stderr });
  const isJS = process.argv.at(-2) === ("javascript" satisfies Dialect);
  const offered = kept && { offered: kept };
  kept = undefined;
  const typeScript = createTypeScript({ ...readArguments(), sourceFiles, ...offered, converter: { isJS } });
  // The first program is the slow one: it is made before anybody waits for it.
  typeScript.convert(cellGlobals, "0");
  send({ ready: true });
  const reader = new FrameReader();
  process.stdin.on("data", (chunk: Buffer) => {
    for (const request of reader.push(chunk)) send(answer(typeScript, request as Request));
  });
  process.stdin.on("end", () => process.exit(0));
}

function answer(typeScript: TypeScript, { id, method, args }: Request): Reply {
  try {
    const ask = typeScript[method] as ((...args: readonly unknown[]) => unknown) | undefined;
    if (!Object.hasOwn(typeScript, method) || !ask) throw new Error(`The language process has no "${method}".`);
    return { id, value: ask(...args) };
  } catch (error) {
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    return { id, error: { message, stack } };
  }
}

function readArguments(): ProcessArguments {
  const text = process.argv.at(-1) ?? "";
  try {
    return JSON.parse(text) as ProcessArguments;
  } catch (cause) {
    throw new Error(`The language process is started with its paths as JSON, got "${text}".`, { cause });
  }
}

function send(reply: Reply): void {
  const frame = encodeFrame(reply);
  for (let sent = 0; sent < frame.length; ) {
    try {
      sent += writeSync(1, frame, sent);
    } catch (error) {
      // The pipe is full and somebody made it non-blocking: try until the kernel has read.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}
