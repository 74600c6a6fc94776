import { UsageError } from "../errors.js";
import { textField } from "./fields.js";
import type { Handler } from "./handler.js";

/** Answers `create_subshell_request`. */
export const handleCreateSubshell: Handler = async ({ kernel: { subshells } }) => {
  const id = subshells.create();
  if (id === undefined) throw new UsageError("There are too many subshells: delete some first.");
  return { status: "ok", subshell_id: id };
};

/** Answers `delete_subshell_request`. */
export const handleDeleteSubshell: Handler = async ({ content, kernel: { subshells } }) => {
  const id = textField(content, "subshell_id");
  if (!subshells.delete(id)) throw new UsageError(`There is no subshell ${JSON.stringify(id.slice(0, 80))}.`);
  return { status: "ok" };
};

/** Answers `list_subshell_request`. */
export const handleListSubshell: Handler = async ({ kernel: { subshells } }) => ({
  status: "ok",
  subshell_id: subshells.list(),
});
