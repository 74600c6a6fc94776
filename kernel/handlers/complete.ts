import type { CompletionItem } from "../interpreter.js";
import { toCodePoints } from "../protocol/code-points.js";
import type { Content } from "../protocol/messages.js";
import { cursorField } from "./cursor.js";
import { codeField } from "./fields.js";
import type { Handler } from "./handler.js";

/** Answers `complete_request`, also while a cell runs. */
export const handleComplete: Handler = async ({ content, kernel }) => {
  const code = codeField(content);
  const completion = await kernel.interpreter().complete(code, cursorField(content, code));
  const { matches, cursorStart, cursorEnd, items } = completion;
  return {
    status: "ok",
    matches,
    cursor_start: toCodePoints(code, cursorStart),
    cursor_end: toCodePoints(code, cursorEnd),
    metadata: items ? { _jupyter_types_experimental: items.map((item) => toTypedMatch(code, item)) } : {},
  };
};

function toTypedMatch(code: string, { text, start, end, type, signature }: CompletionItem): Content {
  return {
    text,
    start: toCodePoints(code, start),
    end: toCodePoints(code, end),
    type,
    ...(signature === undefined ? {} : { signature }),
  };
}
