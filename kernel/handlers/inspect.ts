import { cursorField } from "./cursor.js";
import { codeField, integerField } from "./fields.js";
import type { Handler } from "./handler.js";

/** Answers `inspect_request`, also while a cell runs. */
export const handleInspect: Handler = async ({ content, kernel }) => {
  const code = codeField(content);
  const detailLevel = integerField(content, "detail_level") === 1 ? 1 : 0;
  const data = await kernel.interpreter().inspect(code, cursorField(content, code), detailLevel);
  return { status: "ok", found: data !== undefined, data: data ?? {}, metadata: {} };
};
