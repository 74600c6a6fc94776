import { formatNotebook, type Notebook } from "../../runner/nbformat.js";

/** The text of a notebook with these code cells, which have not been run; their ids are `cell-0` and so on. */
export function notebookOf(sources: readonly string[], metadata: Notebook["metadata"] = {}): string {
  const cells = sources.map((source, index) => ({
    cell_type: "code" as const,
    id: `cell-${index}`,
    metadata: {},
    source,
    execution_count: null,
    outputs: [],
  }));
  return formatNotebook({ nbformat: 4, nbformat_minor: 5, metadata, cells });
}
