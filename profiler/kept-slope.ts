// Whether what is kept grows from run to run.

/** A line through what was held after each run. */
export interface KeptSlope {
  /** Bytes that a run adds. */
  readonly perRun: number;
  /** With a probability of 95 % the true one is between these. */
  readonly low: number;
  readonly high: number;
  /** How many runs the line goes through. */
  readonly runs: number;
}

/** Student's t for 95 %, two-sided, by degrees of freedom from 1. */
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const limitQuantile = 1.96;

/** The slope through at least four values, by least squares; `undefined` for fewer, which tell nothing. */
export function slopeOf(held: readonly number[]): KeptSlope | undefined {
  const runs = held.length;
  if (runs < 4) return undefined;
  const meanRun = (runs - 1) / 2;
  const meanHeld = held.reduce((sum, bytes) => sum + bytes, 0) / runs;
  const spread = held.reduce((sum, _, run) => sum + (run - meanRun) ** 2, 0);
  const perRun = held.reduce((sum, bytes, run) => sum + (run - meanRun) * (bytes - meanHeld), 0) / spread;
  const residual = held.reduce((sum, bytes, run) => sum + (bytes - meanHeld - perRun * (run - meanRun)) ** 2, 0);
  const error = Math.sqrt(residual / (runs - 2) / spread);
  const margin = error * (quantiles[runs - 3] ?? limitQuantile);
  return { perRun, low: perRun - margin, high: perRun + margin, runs };
}
