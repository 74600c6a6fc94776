import { codeField } from "./fields.js";
import type { Handler } from "./handler.js";

/** Answers `is_complete_request`: whether a console should run the code or offer another line. */
export const handleIsComplete: Handler = async ({ content, kernel }) => {
  const completeness = await kernel.interpreter().isComplete(codeField(content));
  const { status } = completeness;
  return status === "incomplete" ? { status, indent: completeness.indent } : { status };
};
