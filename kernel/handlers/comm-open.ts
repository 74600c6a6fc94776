import { textField } from "./fields.js";
import type { Listener } from "./handler.js";

/** Takes `comm_open`: no target has that name here, and the spec wants it closed at once, so that nobody waits. */
export const handleCommOpen: Listener = async ({ content, publish }) => {
  publish("comm_close", { comm_id: textField(content, "comm_id"), data: {} });
};
