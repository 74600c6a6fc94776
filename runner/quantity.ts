/** Reads a number with a unit, such as `500MiB` or `1.5 s`; `undefined` when it is none. `units` are in lower case. */
export function readQuantity(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const scale = units.get(match?.[2]?.toLowerCase() ?? "");
  return match && scale !== undefined ? Number(match[1]) * scale : undefined;
}
