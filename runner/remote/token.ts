import { readFile } from "node:fs/promises";
import { messageOf, RunnerError } from "../errors.js";

/** The token for a server: that of a file, or else of the environment; empty when there is neither. A command line is no place for it: everybody on the machine can read that. */
export async function readToken(file: string | undefined, environment: NodeJS.ProcessEnv): Promise<string> {
  if (file === undefined) return checkToken(environment.JUPYTER_TOKEN ?? "", "JUPYTER_TOKEN");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new RunnerError(`The token file ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (text.trim() === "") throw new RunnerError(`The token file ${file} is empty: it must hold the server's token.`);
  return checkToken(text, `The token file ${file}`);
}

/** A header can hold no other; what was found is not repeated. */
function checkToken(text: string, name: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]*$/.test(token)) return token;
  throw new RunnerError(`${name} must hold one token on one line, without spaces; it holds something else.`);
}
