// Columns of numbers as an Arrow IPC stream, and back: what samples need of Arrow, without its library. The tests hold
// the bytes against apache-arrow and pyarrow. The numbers of slots and types are those of Arrow's Message.fbs and Schema.fbs.
import { FlatTable } from "./flatbuffer-reader.js";
import { type Part, structs, table, text, vector, writeFlatBuffer } from "./flatbuffer-writer.js";

/** A column: `int32`, or `float64`, whose NaN travels as null where it is nullable. */
export interface NumberColumn {
  readonly name: string;
  readonly type: "int32" | "float64";
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a stream holds: columns by their name. */
export interface NumberTable {
  readonly metadata: ReadonlyMap<string, string>;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Float64Array>;
}

const version5 = { size: 2, value: 4 } as const;
const headerTypes = { schema: 1, recordBatch: 3 } as const;
const fieldTypes = { integer: 2, floatingPoint: 3 } as const;
const doublePrecision = 2;
/** It begins every message. */
const continuation = 0xffff_ffff;
const endOfStream = Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

/** The message that every stream of these columns begins with. */
export function encodeSchema(columns: readonly NumberColumn[], metadata: Readonly<Record<string, string>>): Buffer {
  const fields = columns.map(({ name, type, nullable, metadata: own }) =>
    table(
      text(name),
      { size: 1, value: nullable ? 1 : 0 },
      { size: 1, value: type === "int32" ? fieldTypes.integer : fieldTypes.floatingPoint },
      type === "int32"
        ? table({ size: 4, value: 32 }, { size: 1, value: 1 })
        : table({ size: 2, value: doublePrecision }),
      undefined,
      vector([]),
      keyValues(own),
    ),
  );
  return messageOf(
    table(
      version5,
      { size: 1, value: headerTypes.schema },
      table({ size: 2, value: 0 }, vector(fields), keyValues(metadata)),
      { size: 8, value: 0 },
    ),
  );
}

/** A stream of one record batch; `values` has the columns in the order of the schema. */
export function encodeStream(
  schema: Buffer,
  columns: readonly NumberColumn[],
  values: readonly (readonly number[])[],
): Buffer {
  const rows = values[0]?.length ?? 0;
  const body: Buffer[] = [];
  const nodes: number[][] = [];
  const buffers: number[][] = [];
  let offset = 0;
  const add = (bytes: Buffer, length: number) => {
    buffers.push([offset, length]);
    body.push(bytes);
    offset += bytes.length;
  };
  for (const [index, { type, nullable }] of columns.entries()) {
    const column = values[index] ?? [];
    const missing = nullable ? column.filter(Number.isNaN).length : 0;
    nodes.push([rows, missing]);
    const validity = missing === 0 ? Buffer.alloc(0) : validityOf(column);
    add(validity, missing === 0 ? 0 : Math.ceil(rows / 8));
    const width = type === "int32" ? 4 : 8;
    const bytes = Buffer.alloc(padded(rows * width));
    if (type === "int32") for (const [row, value] of column.entries()) bytes.writeInt32LE(value, row * 4);
    else for (const [row, value] of column.entries()) bytes.writeDoubleLE(value, row * 8);
    add(bytes, rows * width);
  }
  const batch = messageOf(
    table(
      version5,
      { size: 1, value: headerTypes.recordBatch },
      table({ size: 8, value: rows }, structs(nodes), structs(buffers)),
      { size: 8, value: offset },
    ),
  );
  return Buffer.concat([schema, batch, ...body, endOfStream]);
}

/** Reads the numbers of a stream of one record batch, up to the first column of another type; `undefined` when it is none. */
export function decodeStream(bytes: Buffer): NumberTable | undefined {
  try {
    const schema = readMessage(bytes, 0, headerTypes.schema);
    const batch = schema && readMessage(bytes, schema.end, headerTypes.recordBatch);
    if (schema === undefined || batch === undefined) return undefined;
    const pairs = schema.header.tables(2).map((pair) => [pair.text(0) ?? "", pair.text(1) ?? ""] as const);
    const rows = batch.header.number(0, 8);
    const columns = readColumns(schema.header.tables(1), batch.header, bytes.subarray(batch.end), rows);
    return { metadata: new Map(pairs), rows, columns };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readColumns(
  fields: readonly FlatTable[],
  batch: FlatTable,
  body: Buffer,
  rows: number,
): ReadonlyMap<string, Float64Array> {
  const columns = new Map<string, Float64Array>();
  const nodes = batch.pairs(1);
  const buffers = batch.pairs(2);
  for (const [index, field] of fields.entries()) {
    const width = widthOf(field);
    const [, missing] = nodes[index] ?? [];
    const [validity, data] = buffers.slice(2 * index, 2 * index + 2);
    if (width === undefined || missing === undefined || validity === undefined || data === undefined) break;
    // A length that the bytes cannot hold must not become an array of that length.
    if (data[1] < rows * width || data[0] + data[1] > body.length) {
      throw new RangeError(`column ${index} has no ${rows} rows in ${body.length} bytes`);
    }
    columns.set(
      field.text(0) ?? "",
      Float64Array.from({ length: rows }, (_, row) => {
        const byte = missing === 0 ? 0xff : body.readUInt8(validity[0] + (row >> 3));
        if (((byte >> (row & 7)) & 1) === 0) return Number.NaN;
        const at = data[0] + row * width;
        return width === 4 ? body.readInt32LE(at) : body.readDoubleLE(at);
      }),
    );
  }
  return columns;
}

/** Bytes of a value of the two types that are read here. */
function widthOf(field: FlatTable): 4 | 8 | undefined {
  const type = field.table(3);
  switch (field.number(2, 1)) {
    case fieldTypes.integer:
      return type?.number(0, 4) === 32 && type.number(1, 1) === 1 ? 4 : undefined;
    case fieldTypes.floatingPoint:
      return type?.number(0, 2) === doublePrecision ? 8 : undefined;
    default:
      return undefined;
  }
}

function readMessage(
  bytes: Buffer,
  start: number,
  type: number,
): { readonly header: FlatTable; readonly end: number } | undefined {
  if (bytes.readUInt32LE(start) !== continuation) return undefined;
  const end = start + 8 + bytes.readUInt32LE(start + 4);
  const message = FlatTable.root(bytes.subarray(start + 8, end));
  const header = message.table(2);
  return header === undefined || message.number(1, 1) !== type ? undefined : { header, end };
}

function messageOf(message: Part): Buffer {
  const metadata = writeFlatBuffer(message);
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(continuation, 0);
  prefix.writeUInt32LE(metadata.length, 4);
  return Buffer.concat([prefix, metadata]);
}

function keyValues(pairs: Readonly<Record<string, string>>): Part {
  return vector(Object.entries(pairs).map(([key, value]) => table(text(key), text(value))));
}

function validityOf(column: readonly number[]): Buffer {
  const bytes = Buffer.alloc(padded(Math.ceil(column.length / 8)));
  for (const [row, value] of column.entries()) {
    if (!Number.isNaN(value)) bytes[row >> 3] = (bytes[row >> 3] ?? 0) | (1 << (row & 7));
  }
  return bytes;
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}
