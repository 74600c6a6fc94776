// One value to one string. Sizes are in powers of 1024; nothing here asks for the reader's locale,
// because the same data must give the same report everywhere.

const sizeUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;

/** `76.31 MiB`: a size as an exact figure, two decimals from KiB on. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, (value, unit) => (unit === "B" ? Math.round(value).toFixed(0) : value.toFixed(2)));
}

/** `24 GiB`, `4.0 GiB`, `789 MiB`: a size as it is said in a sentence or beside a bar. */
export function formatBytesShort(bytes: number): string {
  return scaled(bytes, (value, unit) =>
    unit === "B" || Math.abs(value) >= 9.95 ? value.toFixed(0) : value.toFixed(1),
  );
}

/** `2.61 of 4.00 GiB`: a part and its whole in the whole's unit. */
export function formatBytesOf(part: number, whole: number): string {
  const { unit, digits } = unitOf(whole);
  const size = (bytes: number) => (bytes / 1024 ** sizeUnits.indexOf(unit)).toFixed(digits);
  return `${size(part)} of ${size(whole)} ${unit}`;
}

/** `430 µs`, `212 ms`, `3.42 s`, `2 min 05 s`, `3 h 12 min`, `2 d 4 h`: a time in milliseconds. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds < 0.9995) return `${(milliseconds * 1000).toFixed(0)} µs`;
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${milliseconds.toFixed(0)} ms`;
  if (milliseconds < 59_995) return `${(milliseconds / 1000).toFixed(2)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  const hours = Math.round(milliseconds / 3_600_000);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `77 %`, `4.1 %`, `< 0.1 %`: a share of one. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent === 0) return "0 %";
  if (percent < 0) return `-${formatPercent(-share)}`;
  if (percent < 0.05) return "< 0.1 %";
  return percent < 9.95 ? `${percent.toFixed(1)} %` : `${percent.toFixed(0)} %`;
}

/** `1,048,576`: a whole number with its thousands apart. */
export function formatCount(count: number): string {
  return count.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
}

type SizeUnit = (typeof sizeUnits)[number];

function scaled(bytes: number, show: (value: number, unit: SizeUnit) => string): string {
  let value = bytes;
  let unit: SizeUnit = "B";
  for (const next of sizeUnits.slice(1)) {
    // By what is shown, so that a byte under 1 MiB is `1.00 MiB` and not `1024.00 KiB`.
    if (Math.abs(Number(show(value, unit))) < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${show(value, unit)} ${unit}`;
}

function unitOf(bytes: number): { readonly unit: SizeUnit; readonly digits: number } {
  const [figure = "", name = "B"] = formatBytes(bytes).split(" ");
  const unit = sizeUnits.find((candidate) => candidate === name) ?? "B";
  if (unit === "B") return { unit, digits: 0 };
  // Three figures that count: 4.00, 50.0, 512.
  return { unit, digits: Math.max(0, 3 - (figure.split(".")[0] ?? "").length) };
}
