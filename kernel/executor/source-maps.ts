import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { StackFrame } from "./link.js";

/** Maps are kept for functions of old cells; past this many characters of them the oldest go. */
const keptCharacters = 32 * 1024 * 1024;

interface Script {
  /** What a person reads instead of the script's own name. */
  readonly file: string;
  readonly json: string | undefined;
  map?: TraceMap;
}

/** The source maps of all scripts that cells ran, parsed when the first error asks for one. */
export class SourceMaps {
  private readonly scripts = new Map<string, Script>();
  private characters = 0;

  /** `script` is the name that V8 knows, `file` the one that a person should read. */
  add(script: string, file: string, json: string | undefined): void {
    this.forget(script);
    this.scripts.set(script, { file, json });
    this.characters += json?.length ?? 0;
    for (const oldest of this.scripts.keys()) {
      if (this.characters <= keptCharacters || oldest === script) break;
      this.forget(oldest);
    }
  }

  /** Where a position of a script stands in what the user wrote; positions that cannot be mapped stay as they are. */
  map(script: string, line: number, column: number): Pick<StackFrame, "file" | "line" | "column"> {
    const found = this.scripts.get(script);
    if (found === undefined) return { file: script, line, column };
    const { file, json } = found;
    if (json === undefined) return { file, line, column };
    found.map ??= new TraceMap(json);
    const original = originalPositionFor(found.map, { line, column: column - 1 });
    return original.line === null ? { file, line, column } : { file, line: original.line, column: original.column + 1 };
  }

  private forget(script: string): void {
    this.characters -= this.scripts.get(script)?.json?.length ?? 0;
    this.scripts.delete(script);
  }
}
