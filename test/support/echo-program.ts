// A kernel process over the echo interpreter, for tests that start kernels: bundled by `buildEchoProgram`.
// Further commands, as the whole text of a cell: `exit CODE`, `stop` (SIGSTOP), `release NAME`, `pid`.
import { readFile } from "node:fs/promises";
import { startKernel } from "../../kernel/kernel.js";
import { typescriptInfo } from "../../kernel/language-info.js";
import { parseParentPid, watchParent } from "../../kernel/parent-watch.js";
import { parseConnectionFile } from "../../kernel/protocol/connection-file.js";
import { createEchoInterpreter } from "./echo-interpreter.js";

async function main(path: string): Promise<void> {
  const echo = createEchoInterpreter();
  const interpreter: typeof echo = {
    ...echo,
    execute: async (code, output, options) => {
      const [command, word = ""] = code.split(" ");
      switch (command) {
        case "exit":
          process.stderr.write("last words\n");
          process.exit(Number(word));
          break;
        case "stop":
          process.kill(process.pid, "SIGSTOP");
          return { status: "ok" };
        case "release":
          echo.release(word);
          return { status: "ok" };
        case "pid":
          return { status: "ok", result: { "text/plain": String(process.pid) } };
        default:
          return echo.execute(code, output, options);
      }
    },
  };
  const kernel = await startKernel({
    connection: parseConnectionFile(await readFile(path, "utf8"), path),
    interpreter: () => interpreter,
    language: typescriptInfo("6.0.3"),
    version: "0.1.0",
  });
  const parent = parseParentPid(process.env, process.platform);
  if (parent !== undefined) watchParent(parent, () => process.exit(1), 100);
  await kernel.closed;
  process.exit(0);
}

main(process.argv[2] ?? "").catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
