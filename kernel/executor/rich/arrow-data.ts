// Tables of apache-arrow, by their shape and not by their class: a notebook may have its own copy of the package, in
// another version than ours.
import { readProperty } from "./offer.js";

/** The type of a column. */
export interface ArrowType {
  readonly typeId: number;
  readonly unit?: unknown;
  readonly scale?: unknown;
  readonly timezone?: unknown;
  /** Of a dictionary: the type of what is looked up. */
  readonly dictionary?: ArrowType;
  readonly children?: readonly { readonly name: string; readonly type: ArrowType }[] | null;
}

/** One column, or the elements of one list. */
export interface ArrowVector {
  readonly type: ArrowType;
  readonly length: number;
  readonly get: (index: number) => unknown;
}

/** A table, a batch of one, or one vector. */
export interface ArrowColumns {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: ArrowType; readonly vector: ArrowVector }[];
  /** Of the buffers that hold it; one that is used twice counts once. */
  readonly bytes: number;
}

/** The columns of a Table, a RecordBatch or a Vector; `undefined` for anything else. */
export function readArrowColumns(value: object): ArrowColumns | undefined {
  if (isVector(value)) {
    return { rows: value.length, columns: [{ name: "", type: value.type, vector: value }], bytes: countBytes(value) };
  }
  const fields = fieldsOf(value);
  const rows = readProperty(value, "numRows");
  const getChildAt = readProperty(value, "getChildAt");
  if (fields === undefined || typeof rows !== "number" || typeof getChildAt !== "function") return undefined;
  const columns = fields.flatMap(({ name, type }, index) => {
    const vector: unknown = getChildAt.call(value, index);
    return isVector(vector) ? [{ name, type, vector }] : [];
  });
  return columns.length === fields.length ? { rows, columns, bytes: countBytes(value) } : undefined;
}

/** Whether a value has the shape of a Vector. */
export function isVector(value: unknown): value is ArrowVector & { readonly data: readonly unknown[] } {
  return (
    isObject(value) &&
    isType(readProperty(value, "type")) &&
    typeof readProperty(value, "length") === "number" &&
    typeof readProperty(value, "get") === "function" &&
    Array.isArray(readProperty(value, "data"))
  );
}

function fieldsOf(value: object): readonly { readonly name: string; readonly type: ArrowType }[] | undefined {
  const schema = readProperty(value, "schema");
  const fields = isObject(schema) ? readProperty(schema, "fields") : undefined;
  if (!Array.isArray(fields)) return undefined;
  return fields.every((field) => isObject(field) && typeof field.name === "string" && isType(field.type))
    ? fields
    : undefined;
}

function countBytes(value: object): number {
  const buffers = new Map<ArrayBufferLike, Set<number>>();
  let bytes = 0;
  const count = (data: unknown): void => {
    if (!isObject(data)) return;
    for (const name of ["valueOffsets", "values", "nullBitmap", "typeIds"]) {
      const view = data[name];
      if (!ArrayBuffer.isView(view) || view.byteLength === 0) continue;
      const seen = buffers.get(view.buffer) ?? new Set();
      buffers.set(view.buffer, seen);
      if (seen.has(view.byteOffset)) continue;
      seen.add(view.byteOffset);
      bytes += view.byteLength;
    }
    if (Array.isArray(data.children)) data.children.forEach(count);
    if (isObject(data.dictionary) && Array.isArray(data.dictionary.data)) data.dictionary.data.forEach(count);
  };
  const batches = readProperty(value, "batches");
  const data = Array.isArray(batches) ? batches.map((batch) => (isObject(batch) ? batch.data : undefined)) : [];
  for (const part of [...data, readProperty(value, "data")].flat()) count(part);
  return bytes;
}

function isType(value: unknown): value is ArrowType {
  return isObject(value) && typeof value.typeId === "number";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
