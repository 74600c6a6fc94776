import type { CommMessage } from "../protocol/comm.js";
import { nameField, objectField, textField } from "./fields.js";
import type { Listener, Request } from "./handler.js";

/** Takes `comm_open`. A target that no cell registered is closed again at once, so that nobody waits. */
export const handleCommOpen: Listener = (request) =>
  deliver(request, "open", { targetName: textField(request.content, "target_name") });

/** Takes `comm_msg`. */
export const handleCommMessage: Listener = (request) => deliver(request, "message");

/** Takes `comm_close`. */
export const handleCommClose: Listener = (request) => deliver(request, "close");

async function deliver(
  { content, metadata, buffers, createOutput, kernel }: Request,
  kind: CommMessage["kind"],
  opening: Pick<CommMessage, "targetName"> = {},
): Promise<void> {
  const commId = nameField(content, "comm_id");
  const data = objectField(content, "data");
  const output = createOutput();
  try {
    await kernel.interpreter().deliver({ kind, commId, ...opening, data, metadata, buffers }, output);
  } finally {
    output.flush();
  }
}
