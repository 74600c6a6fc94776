import { toUtf16Offset } from "../protocol/code-points.js";
import type { Content } from "../protocol/messages.js";
import { integerField } from "./fields.js";

/** `cursor_pos` of a request as a UTF-16 offset into its code; the end of the code when it is left out. */
export function cursorField(content: Content, code: string): number {
  const position = integerField(content, "cursor_pos");
  return position === undefined ? code.length : toUtf16Offset(code, position);
}
