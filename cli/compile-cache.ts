// Compiled code of the command line, kept for the next start. Node has this from 22.8 on; before, V8 reads half a megabyte
// of text at every start, of which it runs a fifth. Nothing here may fail a start.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import module from "node:module";
import { basename, dirname, join } from "node:path";
import { Script } from "node:vm";
import { cacheDirectory } from "./language-place.js";

/** What Node's module loader calls to compile a file of CommonJS; not in its types, and the same since its beginnings. */
interface CompilingModule {
  readonly exports: unknown;
  readonly _compile: (this: CompilingModule, content: string, path: string) => unknown;
}

/** A kernel that has run for so long has had its start. */
const keepAfter = 2000;
const unusedFor = 30 * 24 * 3600 * 1000;

/**
 * From now on, files of CommonJS in the folder `directory` are compiled once for all starts. They may not call `import()`,
 * which Node refuses to code that was compiled before; the build makes it `require`.
 */
export function enableCompileCache(directory: string): void {
  const { enableCompileCache: ofNode } = module as { readonly enableCompileCache?: () => void };
  if (ofNode) {
    ofNode();
    return;
  }
  const prototype = module.prototype as unknown as { _compile: CompilingModule["_compile"] };
  const compile = prototype._compile;
  const fresh: { readonly path: string; readonly script: Script }[] = [];
  prototype._compile = function compileCached(content, path) {
    if (!path.startsWith(directory)) return compile.call(this, content, path);
    const kept = keptPath(path, content);
    const cachedData = attempt(() => readFileSync(kept));
    const script = new Script(module.wrap(content), {
      filename: path,
      ...(cachedData && { cachedData }),
    });
    if (!cachedData || script.cachedDataRejected) fresh.push({ path: kept, script });
    const run = script.runInThisContext() as (...names: readonly unknown[]) => unknown;
    return run.call(this.exports, this.exports, module.createRequire(path), this, path, dirname(path));
  };
  const keepAll = (): void => {
    for (const { path, script } of fresh.splice(0)) attempt(() => keep(path, script));
  };
  setTimeout(keepAll, keepAfter).unref();
  process.once("exit", keepAll);
}

/** V8 itself looks only at the length of the text, and at its own version and flags. */
function keptPath(path: string, content: string): string {
  const hash = createHash("sha1").update(`${process.version} ${process.arch} ${path}\n`).update(content);
  return join(cacheDirectory(), "compiled", `${basename(path)}-${hash.digest("hex")}.code`);
}

function keep(path: string, script: Script): void {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, script.createCachedData(), { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  for (const name of readdirSync(directory)) {
    const other = join(directory, name);
    if (name.endsWith(".code") && Date.now() - statSync(other).mtimeMs > unusedFor) rmSync(other, { force: true });
  }
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    // A cache folder that cannot be read or written is a slower start and nothing else.
    return undefined;
  }
}
