import { UsageError } from "../errors.js";
import type { Handler } from "./handler.js";

/** Answers `comm_info_request`: the comms that are open, or those of one target. */
export const handleCommInfo: Handler = async ({ content, kernel }) => {
  const { target_name: wanted } = content;
  if (wanted !== undefined && wanted !== null && typeof wanted !== "string") {
    throw new UsageError(`target_name must be a text, got ${JSON.stringify(wanted).slice(0, 80)}.`);
  }
  const comms = [...kernel.interpreter().comms()].filter(([, target]) => !wanted || target === wanted);
  return { status: "ok", comms: Object.fromEntries(comms.map(([id, target]) => [id, { target_name: target }])) };
};
