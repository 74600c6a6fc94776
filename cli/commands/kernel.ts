// `cellscope kernel`: what the kernelspec starts. It starts what the first cell waits for longest before it reads the rest
// of the kernel, and reads its two arguments itself: loading a parser for them would be felt at every start.
import { UsageError } from "../../kernel/errors.js";
import { startLanguage } from "../../kernel/language/client.js";
import { languagePlace } from "../language-place.js";

const usage = `Usage: cellscope kernel [--javascript] --connection-file FILE

Be the kernel of a connection file. Jupyter and "cellscope run" start this.

Options:
  -f, --connection-file FILE  The connection file: JSON with ports and key, as Jupyter writes it.
  --javascript                Cells are JavaScript, and types are not checked.
  -h, --help                  Show this help.
`;

/** `cellscope kernel`: serves until it is shut down, or until what started it is gone. */
export async function run(argv: readonly string[]): Promise<number> {
  if (argv.includes("-h") || argv.includes("--help")) {
    process.stdout.write(usage);
    return 0;
  }
  const dialect = argv.includes("--javascript") ? "javascript" : "typescript";
  const connectionFile = parseArguments(argv.filter((word) => word !== "--javascript"));
  const language = startLanguage({ ...languagePlace(), cwd: process.cwd(), dialect });
  try {
    const { serveKernel } = await import("../kernel-service.js");
    return await serveKernel({ connectionFile, dialect, language });
  } catch (error) {
    await language.close();
    throw error;
  }
}

function parseArguments(argv: readonly string[]): string {
  const [first, second, ...rest] = argv;
  const attached = /^(?:--connection-file|-f)=(.*)$/s.exec(first ?? "")?.[1];
  const path = attached ?? (first === "--connection-file" || first === "-f" ? second : undefined);
  const left = attached === undefined ? rest : argv.slice(1);
  if (path === undefined || path === "") {
    throw new UsageError(`cellscope kernel needs --connection-file FILE, got "${argv.join(" ")}".`);
  }
  if (left.length > 0) throw new UsageError(`cellscope kernel takes no "${left.join(" ")}"; see --help.`);
  return path;
}
