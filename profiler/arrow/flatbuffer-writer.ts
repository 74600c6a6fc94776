// As much of FlatBuffers as Arrow's messages are made of. The library that has all of it takes 7 MiB and some 20 ms of
// a kernel's process, for a header of which nothing but a few numbers ever changes.

/** Writes something, and returns where it begins. */
export type Part = (out: FlatBytes) => number;

/** A value of a table: a number of so many bytes, or what stands elsewhere and is pointed to. `undefined` is left out. */
export type Slot = { readonly size: 1 | 2 | 4 | 8; readonly value: number } | Part | undefined;

/** A buffer whose first bytes point to `root`, padded to 8 bytes. */
export function writeFlatBuffer(root: Part): Buffer {
  const out = new FlatBytes();
  const start = out.reserve(4, 4);
  out.point(start, root(out));
  return out.finish();
}

/** Numbers and references by their place in the schema. */
export function table(...slots: readonly Slot[]): Part {
  return (out) => {
    const directory = out.reserve(4 + 2 * slots.length, 2);
    const start = out.reserve(4, 8);
    out.write(start, 4, start - directory);
    const references: { readonly at: number; readonly part: Part }[] = [];
    for (const [index, slot] of slots.entries()) {
      if (slot === undefined) continue;
      const size = typeof slot === "function" ? 4 : slot.size;
      const at = out.reserve(size, size);
      out.write(directory + 4 + 2 * index, 2, at - start);
      if (typeof slot === "function") references.push({ at, part: slot });
      else out.write(at, size, slot.value);
    }
    out.write(directory, 2, 4 + 2 * slots.length);
    out.write(directory + 2, 2, out.length - start);
    // A reference points forward: what it points to comes after the table.
    for (const { at, part } of references) out.point(at, part(out));
    return start;
  };
}

/** References to parts, one after the other. */
export function vector(parts: readonly Part[]): Part {
  return (out) => {
    const start = out.reserve(4 + 4 * parts.length, 4);
    out.write(start, 4, parts.length);
    for (const [index, part] of parts.entries()) out.point(start + 4 + 4 * index, part(out));
    return start;
  };
}

/** Structs of 64-bit integers that are not negative; their fields follow one another. */
export function structs(rows: readonly (readonly number[])[]): Part {
  return (out) => {
    const start = out.reserve(4, 8, 4);
    out.write(start, 4, rows.length);
    for (const value of rows.flat()) out.write(out.reserve(8, 8), 8, value);
    return start;
  };
}

/** A text. */
export function text(value: string): Part {
  return (out) => {
    const bytes = Buffer.from(value);
    const start = out.reserve(4 + bytes.length + 1, 4);
    out.write(start, 4, bytes.length);
    out.copy(start + 4, bytes);
    return start;
  };
}

/** The bytes so far. */
class FlatBytes {
  #bytes = Buffer.alloc(2048);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Room for `size` bytes of zeros, so that the one at `offset` of them lies on a multiple of `alignment`. */
  reserve(size: number, alignment: number, offset = 0): number {
    const start = Math.ceil((this.#length + offset) / alignment) * alignment - offset;
    this.#length = start + size;
    while (this.#length > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(2048)]);
    return start;
  }

  write(at: number, size: 1 | 2 | 4 | 8, value: number): void {
    if (size === 8) this.#bytes.writeBigInt64LE(BigInt(value), at);
    else this.#bytes.writeUIntLE(value, at, size);
  }

  copy(at: number, bytes: Buffer): void {
    bytes.copy(this.#bytes, at);
  }

  point(at: number, to: number): void {
    this.write(at, 4, to - at);
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.reserve(0, 8));
  }
}
