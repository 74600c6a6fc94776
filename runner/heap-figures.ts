// What our kernel says of V8's memory in the metadata of its reply to a cell: docs/protocol.md.

/** V8's memory around one cell. */
export interface HeapFigures {
  /** What the heap held after the cell; no collection is forced. */
  readonly heapUsed: number;
  /** `heapUsed` less what it held before the cell. */
  readonly heapKept: number;
  /** What ArrayBuffers, and so Buffers and typed arrays, held after the cell. */
  readonly arrayBuffers: number;
  /** `arrayBuffers` less what they held before the cell. */
  readonly arrayBuffersKept: number;
  /** Pauses for the collector. */
  readonly gcCount: number;
  /** How long these were together. */
  readonly gcTime: number;
}

/** Reads what the reply says; `undefined` when it says nothing, as that of another kernel. */
export function parseHeapFigures(value: unknown): HeapFigures | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const read = (name: string): number => {
    const figure = fields.get(name);
    return typeof figure === "number" ? figure : Number.NaN;
  };
  const figures = {
    heapUsed: read("heap_used"),
    heapKept: read("heap_used") - read("heap_used_before"),
    arrayBuffers: read("array_buffers"),
    arrayBuffersKept: read("array_buffers") - read("array_buffers_before"),
    gcCount: read("gc_count"),
    gcTime: read("gc_time"),
  };
  return Object.values(figures).every(Number.isFinite) ? figures : undefined;
}
