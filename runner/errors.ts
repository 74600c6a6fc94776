/** A run that cannot begin or go on because of what it was given: shown without a traceback, naming what would be right. */
export class RunnerError extends Error {
  override readonly name = "RunnerError";
}

/** A kernel that does not start, with the reason. */
export class KernelStartError extends Error {
  override readonly name = "KernelStartError";
}

/** A notebook that cannot be kept where it was to be. */
export class SaveError extends RunnerError {}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
