// glibc keeps what was freed between two blocks that are in use, for whoever asks next. What a cell takes from there
// raises nothing, so its cost would read as nothing. glibc's `malloc_trim` gives these pages back; Node has no call for it.
import { createRequire } from "node:module";

/** The part of koffi that is used: it calls a C function of a library that is loaded, here of the process itself. */
interface ForeignFunctions {
  readonly load: (path: null) => { readonly func: (prototype: string) => (...args: readonly number[]) => unknown };
}

/**
 * What gives freed memory back to the system, by `malloc_trim(3)`. Does nothing where the allocator is not glibc's, or
 * where `ffiPath`, koffi's module, is absent or was not built for this platform.
 */
export function openFreedMemory(ffiPath: string | undefined): () => void {
  if (ffiPath === undefined) return () => undefined;
  try {
    // Not bundled: it is native, and this file is run from where Cellscope is installed.
    const { load } = createRequire(import.meta.url)(ffiPath) as ForeignFunctions;
    const trim = load(null).func("int malloc_trim(size_t pad)");
    return () => {
      trim(0);
    };
  } catch {
    // musl, macOS and Windows know no such function: there the figures are what they have always been.
    return () => undefined;
  }
}
