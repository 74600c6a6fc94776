import type { Handler } from "./handler.js";

/** Answers `interrupt_request` as soon as the interrupt is on its way; the cell then ends with an error of its own. */
export const handleInterrupt: Handler = async ({ kernel: { interpreter, log } }) => {
  interpreter()
    .interrupt()
    .catch((error: unknown) => log(`the interrupt failed: ${String(error)}`));
  return { status: "ok" };
};
