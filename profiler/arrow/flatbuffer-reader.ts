// Reads what `flatbuffer-writer.ts` and every other writer of FlatBuffers make. Bytes that are no such thing end in a
// RangeError, thrown by Buffer.

/** A table of a buffer: its values are found by their place in the schema. */
export class FlatTable {
  readonly #bytes: Buffer;
  readonly #start: number;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#start = start;
  }

  /** The table that the first bytes point to. */
  static root(bytes: Buffer): FlatTable {
    return new FlatTable(bytes, bytes.readUInt32LE(0));
  }

  /** A number of so many bytes; what is left out is 0. */
  number(slot: number, size: 1 | 2 | 4 | 8): number {
    const at = this.#placeOf(slot);
    if (at === undefined) return 0;
    return size === 8 ? Number(this.#bytes.readBigInt64LE(at)) : this.#bytes.readUIntLE(at, size);
  }

  table(slot: number): FlatTable | undefined {
    const at = this.#targetOf(slot);
    return at === undefined ? undefined : new FlatTable(this.#bytes, at);
  }

  text(slot: number): string | undefined {
    const at = this.#targetOf(slot);
    return at === undefined ? undefined : this.#bytes.toString("utf8", at + 4, at + 4 + this.#bytes.readUInt32LE(at));
  }

  tables(slot: number): readonly FlatTable[] {
    return this.#elements(slot, 4, (at) => new FlatTable(this.#bytes, at + this.#bytes.readUInt32LE(at)));
  }

  /** Structs of two 64-bit integers. */
  pairs(slot: number): readonly (readonly [number, number])[] {
    const read = (at: number) => Number(this.#bytes.readBigInt64LE(at));
    return this.#elements(slot, 16, (at) => [read(at), read(at + 8)] as const);
  }

  #elements<T>(slot: number, size: number, read: (at: number) => T): readonly T[] {
    const start = this.#targetOf(slot);
    const count = start === undefined ? 0 : this.#bytes.readUInt32LE(start);
    // A length that the bytes cannot hold must not become a list of that length.
    if (start === undefined || start + 4 + count * size > this.#bytes.length) {
      if (count === 0) return [];
      throw new RangeError(`a vector of ${count} does not fit into ${this.#bytes.length} bytes`);
    }
    return Array.from({ length: count }, (_, index) => read(start + 4 + index * size));
  }

  #targetOf(slot: number): number | undefined {
    const at = this.#placeOf(slot);
    return at === undefined ? undefined : at + this.#bytes.readUInt32LE(at);
  }

  #placeOf(slot: number): number | undefined {
    const directory = this.#start - this.#bytes.readInt32LE(this.#start);
    if (4 + 2 * slot >= this.#bytes.readUInt16LE(directory)) return undefined;
    const offset = this.#bytes.readUInt16LE(directory + 4 + 2 * slot);
    return offset === 0 ? undefined : this.#start + offset;
  }
}
