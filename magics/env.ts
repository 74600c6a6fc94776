import { UsageError } from "../kernel/errors.js";
import { defineMagic, type Magic } from "./dispatch/magic.js";

/** `%env`: show variables of the environment, or set one for cells and commands. */
export const env: Magic = defineMagic({
  name: "env",
  forms: ["line"],
  summary: "Show the environment, one variable of it, or set one for cells and commands.",
  operands: "[NAME[=VALUE]]",
  body: "text",
  options: {},
  async run(_options, { line, execute, output }) {
    const variables = "globalThis.process.env";
    if (line === "") return execute(`({ ...${variables} })`);
    const { name, value } = parse(line);
    const variable = `${variables}[${JSON.stringify(name)}]`;
    if (value === undefined) {
      const outcome = await execute(variable);
      if (outcome.status === "error" || outcome.result !== undefined) return outcome;
      throw new UsageError(`There is no variable ${name} in the environment; %env ${name}=VALUE sets it.`);
    }
    const outcome = await execute(`${variable} = ${JSON.stringify(value)};\nvoid 0;`);
    if (outcome.status === "error") return outcome;
    // Commands are started by this process.
    process.env[name] = value;
    output.stream("stdout", `env: ${name}=${value}\n`);
    return outcome;
  },
});

/** As in IPython, `NAME=VALUE` and `NAME VALUE` are the same. */
function parse(line: string): { readonly name: string; readonly value?: string } {
  const [, name = "", value] = /^([^\s=]+)(?:(?:\s*=\s*|\s+)(.*))?$/s.exec(line) ?? [];
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new UsageError(`%env needs the name of a variable, such as %env NODE_ENV=test, got "${line}".`);
  }
  return value === undefined ? { name } : { name, value };
}
