import { flagField } from "./fields.js";
import type { Handler } from "./handler.js";

/** Answers `shutdown_request`, and tells every other client. */
export const handleShutdown: Handler = async ({ content, publish, afterReply, kernel }) => {
  const restart = flagField(content, "restart", false);
  afterReply(() => kernel.shutDown(restart));
  const reply = { status: "ok", restart };
  publish("shutdown_reply", reply);
  return reply;
};
