import type { Interpreter } from "../../kernel/interpreter.js";
import type { MimeBundle } from "../../kernel/protocol/mime.js";
import { renderHelp } from "./help.js";
import { locate } from "./locate.js";
import type { Registry } from "./registry.js";

/** Shows the help of the magic at `cursor`; everything else is for the interpreter, with the magics blanked. */
export async function inspectWithMagics(
  interpreter: Interpreter,
  registry: Registry,
  source: string,
  cursor: number,
  detailLevel: 0 | 1,
): Promise<MimeBundle | undefined> {
  const location = locate(source, cursor, registry);
  switch (location.kind) {
    case "code":
      return interpreter.inspect(location.code, cursor, detailLevel);
    case "name": {
      const magic = registry.find(location.part.name);
      return magic === undefined ? undefined : renderHelp(magic);
    }
    case "options":
      return renderHelp(location.magic);
    case "text":
      return undefined;
  }
}
