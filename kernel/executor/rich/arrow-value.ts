import { inspect } from "node:util";
import { type ArrowType, isVector } from "./arrow-data.js";

/** As Arrow's format numbers its types. */
const typeIds = { decimal: 7, date: 8, time: 9, timestamp: 10 } as const;
const numbers: ReadonlySet<number> = new Set([2, 3, typeIds.decimal]);
/** Of a unit of time: how many of it make a second; by the number that Arrow gives the unit. */
const perSecond = [1n, 1000n, 1_000_000n, 1_000_000_000n] as const;
const shownElements = 10;
const shownBytes = 16;
const longestText = 100;

/** Whether the values of a column are numbers, to be aligned as such. */
export function isNumeric(type: ArrowType): boolean {
  return numbers.has(type.typeId);
}

/** One value of a column as a person reads it, in one line. */
export function formatArrowValue(value: unknown, type: ArrowType): string {
  const text = format(value, type).replace(/[\p{Cc}\u2028\u2029]/gu, (character) =>
    JSON.stringify(character).slice(1, -1),
  );
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

function format(value: unknown, type: ArrowType): string {
  if (value === null || value === undefined) return "null";
  if (type.dictionary !== undefined) return format(value, type.dictionary);
  switch (type.typeId) {
    case typeIds.timestamp:
      return formatInstant(value).replace(/Z$/, typeof type.timezone === "string" ? "Z" : "");
    case typeIds.date:
      // A date of whole days has the unit 0.
      return type.unit === 0 ? formatInstant(value).slice(0, 10) : formatInstant(value).replace(/Z$/, "");
    case typeIds.time:
      return formatTime(value, type.unit);
    case typeIds.decimal:
      return formatDecimal(value, type.scale);
    default:
      return formatOther(value, type);
  }
}

function formatOther(value: unknown, type: ArrowType): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Uint8Array) return formatBytes(value);
  if (isVector(value)) return formatList(value.length, (index) => format(value.get(index), value.type));
  const fields = type.children ?? [];
  const isStruct = fields.length > 0 && fields.every(({ name }) => name in value);
  if (isStruct) {
    const row = value as Readonly<Record<string, unknown>>;
    return `{${fields.map(({ name, type: inner }) => `${name}: ${format(row[name], inner)}`).join(", ")}}`;
  }
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 2, maxArrayLength: shownElements });
}

function formatInstant(value: unknown): string {
  const date = new Date(value instanceof Date ? value : Number(value));
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString();
}

function formatTime(value: unknown, unit: unknown): string {
  const inSecond = perSecond[Number(unit)];
  if (inSecond === undefined || (typeof value !== "number" && typeof value !== "bigint")) return String(value);
  const total = BigInt(value);
  const seconds = total / inSecond;
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, "0"));
  const digits = String(inSecond).length - 1;
  const fraction = digits === 0 ? "" : `.${String(total % inSecond).padStart(digits, "0")}`;
  return clock.join(":") + fraction;
}

/** Arrow hands decimals out as 32-bit words, lowest first, in two's complement. */
function formatDecimal(value: unknown, scale: unknown): string {
  if (!ArrayBuffer.isView(value)) return String(value);
  const words = new Uint32Array(value.buffer, value.byteOffset, value.byteLength / Uint32Array.BYTES_PER_ELEMENT);
  let whole = 0n;
  for (const word of [...words].reverse()) whole = (whole << 32n) | BigInt(word);
  whole = BigInt.asIntN(32 * words.length, whole);
  const places = Math.max(0, Number(scale) || 0);
  const digits = String(whole < 0n ? -whole : whole).padStart(places + 1, "0");
  const sign = whole < 0n ? "-" : "";
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function formatBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, shownBytes)).toString("hex");
  return bytes.length > shownBytes ? `0x${hex}… (${bytes.length} bytes)` : `0x${hex}`;
}

function formatList(length: number, formatAt: (index: number) => string): string {
  const shown = Array.from({ length: Math.min(length, shownElements) }, (_, index) => formatAt(index));
  return `[${[...shown, ...(length > shownElements ? [`… ${length - shownElements} more`] : [])].join(", ")}]`;
}
