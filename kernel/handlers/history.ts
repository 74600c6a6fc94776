import type { HistoryQuery } from "../history.js";
import type { Content } from "../protocol/messages.js";
import { flagField, integerField, textField, wordField } from "./fields.js";
import type { Handler } from "./handler.js";

/** Answers `history_request`: `tail`, `range` or `search`. */
export const handleHistory: Handler = async ({ content, kernel }) => {
  const output = flagField(content, "output", false);
  const entries = await kernel.history.find(parseQuery(content));
  return {
    status: "ok",
    history: entries.map((entry) => [
      entry.session,
      entry.line,
      output ? [entry.input, entry.output ?? null] : entry.input,
    ]),
  };
};

function parseQuery(content: Content): HistoryQuery {
  const access = wordField(content, "hist_access_type", ["range", "tail", "search"]);
  if (access === "tail") return { access, n: integerField(content, "n") ?? 10 };
  if (access === "range") {
    const session = integerField(content, "session") ?? 0;
    return { access, session, start: integerField(content, "start") ?? 1, stop: integerField(content, "stop") };
  }
  const pattern = content.pattern === undefined ? "*" : textField(content, "pattern");
  return { access, pattern, n: integerField(content, "n"), unique: flagField(content, "unique", false) };
}
