// How much the allocators outside of V8's heap were asked for, by the breaks on them. V8's own account tells the same until
// a buffer is freed at the same time.

/** Less is not worth it. */
const least = 64 * 1024;

/** Bytes, and how many calls they are of, since the process began. In an array of numbers: reading them allocates nothing. */
export const announced = new Float64Array(2);

/** The words of `announced`. */
export const announcedWord = { bytes: 0, calls: 1 } as const;

let ofBuffer = 0;

/** An allocator has been called for so many bytes. What `Buffer` is asked for it may ask `ArrayBuffer` for. */
export function announce(name: string, bytes: number | undefined): void {
  if (bytes === undefined || bytes < least) return;
  const isArrayBuffer = name === "ArrayBuffer";
  const isSame = isArrayBuffer && bytes === ofBuffer;
  ofBuffer = isArrayBuffer ? 0 : bytes;
  if (isSame) return;
  announced[announcedWord.bytes] = (announced[announcedWord.bytes] ?? 0) + bytes;
  announced[announcedWord.calls] = (announced[announcedWord.calls] ?? 0) + 1;
}
