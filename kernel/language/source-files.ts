import { statSync } from "node:fs";
import { dirname } from "node:path";
import ts from "typescript";
import { setVersion } from "./internals.js";

interface Entry {
  readonly file: ts.SourceFile;
  readonly mtimeMs: number;
  readonly size: number;
  checkedIn: number;
}

/** Files that say, by changing, that a package manager was at work in a directory. */
const packageManagerFiles = [
  "package.json",
  "node_modules",
  "node_modules/.package-lock.json",
  "node_modules/.modules.yaml",
  "node_modules/.yarn-state.yml",
];

/**
 * Every file that TypeScript has parsed, except the cells themselves. Nothing is watched and no timer is kept:
 * local files are looked at once per request, those of packages only when a package manager was at work.
 * Does not know the working directory, so that it may live in a start-up snapshot.
 */
export class SourceFiles {
  /** What module resolution looks at: the disk, and the modules that cells have written. */
  readonly host: ts.ModuleResolutionHost = {
    ...ts.sys,
    fileExists: (path) => this.cellModules.has(path) || ts.sys.fileExists(path),
    readFile: (path) => this.cellModules.get(path)?.text ?? ts.sys.readFile(path),
  };
  private readonly cellModules = new Map<string, ts.SourceFile>();
  private readonly entries = new Map<string, Entry>();
  private definitions = 0;
  private request = 0;
  private packagesCheckedIn = 0;
  private packagesStamp = "";

  /** Starts a request; returns a number, which is another one when packages may have changed. */
  refresh(directory: string): number {
    this.request += 1;
    const stamp = readPackagesStamp(directory);
    if (stamp !== this.packagesStamp) {
      this.packagesStamp = stamp;
      this.packagesCheckedIn = this.request;
    }
    return this.packagesCheckedIn;
  }

  /** Makes a file that is on no disk: what a cell with `@module` holds. */
  define(path: string, text: string): void {
    this.definitions += 1;
    const file = ts.createSourceFile(path, text, { languageVersion: ts.ScriptTarget.Latest });
    setVersion(file, `cell:${this.definitions}`);
    this.cellModules.set(path, file);
  }

  /** The parsed file, or `undefined` when it cannot be read. */
  get(fileName: string, options: ts.CreateSourceFileOptions): ts.SourceFile | undefined {
    const written = this.cellModules.get(fileName);
    if (written) return written;
    const known = this.entries.get(fileName);
    if (known && known.checkedIn >= (isOfPackage(fileName) ? this.packagesCheckedIn : this.request)) return known.file;
    const stats = statSync(fileName, { throwIfNoEntry: false });
    if (!stats?.isFile()) {
      this.entries.delete(fileName);
      return undefined;
    }
    const { mtimeMs, size } = stats;
    if (known && known.mtimeMs === mtimeMs && known.size === size) {
      known.checkedIn = this.request;
      return known.file;
    }
    const text = ts.sys.readFile(fileName);
    if (text === undefined) return undefined;
    const file = ts.createSourceFile(fileName, text, { ...options, jsDocParsingMode: jsDocParsingMode(fileName) });
    setVersion(file, `${mtimeMs}:${size}`);
    this.entries.set(fileName, { file, mtimeMs, size, checkedIn: this.request });
    return file;
  }
}

/** Whether a file belongs to an installed package or to TypeScript itself. */
export function isOfPackage(fileName: string): boolean {
  return fileName.includes("/node_modules/");
}

// Comments are 40 % of the time to parse a library. Documentation is read from the one file that is asked for.
function jsDocParsingMode(fileName: string): ts.JSDocParsingMode {
  return isOfPackage(fileName) && fileName.endsWith("ts")
    ? ts.JSDocParsingMode.ParseNone
    : ts.JSDocParsingMode.ParseAll;
}

function readPackagesStamp(directory: string): string {
  let stamp = "";
  for (let at = directory; ; at = dirname(at)) {
    for (const name of packageManagerFiles) {
      stamp += `${statSync(`${at}/${name}`, { throwIfNoEntry: false })?.mtimeMs ?? ""},`;
    }
    if (at === dirname(at)) return `${directory};${stamp}`;
  }
}
