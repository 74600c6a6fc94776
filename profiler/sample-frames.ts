// The samples as they travel: docs/samples.md describes these bytes for readers in other languages.

/**
 * What one sample says, in the order of the wire: `time` in milliseconds of `process.hrtime`, `pid` of the executor,
 * `cpu` in milliseconds since that process started, the rest in bytes. `NaN` stands for what was not measured.
 */
export const sampleColumns = [
  "time",
  "pid",
  "rss",
  "childrenRss",
  "heapTotal",
  "heapUsed",
  "external",
  "arrayBuffers",
  "cpu",
] as const;

/** One thing that a sample may say. */
export type SampleColumn = (typeof sampleColumns)[number];

/** One moment of an executor and its children. */
export type Sample = Readonly<Record<SampleColumn, number>>;

/** Several samples, oldest first. */
export interface SampleFrame {
  readonly samples: readonly Sample[];
  /** Whatever was sampled up to this time has been sent with this frame or before it. */
  readonly through: number;
}

const magic = 0x3153_5343; // "CSS1", little-endian
const headerLength = 24;

/** Writes a frame: a header of 24 bytes, then one column of little-endian float64 after the other. */
export function encodeFrame({ samples, through }: SampleFrame): Buffer {
  const rows = samples.length;
  const frame = Buffer.alloc(headerLength + sampleColumns.length * rows * 8);
  frame.writeUInt32LE(magic, 0);
  frame.writeUInt32LE(sampleColumns.length, 4);
  frame.writeUInt32LE(rows, 8);
  frame.writeDoubleLE(through, 16);
  let offset = headerLength;
  for (const column of sampleColumns) {
    for (const sample of samples) offset = frame.writeDoubleLE(sample[column], offset);
  }
  return frame;
}

/** Reads a frame; `undefined` when the bytes are none. Columns that a later version adds are passed over. */
export function decodeFrame(bytes: Buffer): SampleFrame | undefined {
  if (bytes.length < headerLength || bytes.readUInt32LE(0) !== magic) return undefined;
  const columns = bytes.readUInt32LE(4);
  const rows = bytes.readUInt32LE(8);
  if (columns < sampleColumns.length || bytes.length !== headerLength + columns * rows * 8) return undefined;
  const samples = Array.from({ length: rows }, (_, row) => {
    const value = (column: number) => bytes.readDoubleLE(headerLength + (column * rows + row) * 8);
    // Every column of the list gets its value: the entries are those of the type.
    return Object.fromEntries(sampleColumns.map((name, column) => [name, value(column)])) as Sample;
  });
  return { samples, through: bytes.readDoubleLE(16) };
}
