import { Command, CommanderError } from "commander";

/** Starts the definition of a command; misuse is told on standard error and thrown, not ended with `process.exit`. */
export function defineCommand(name: string, summary: string): Command {
  return new Command(`cellscope ${name}`)
    .description(summary)
    .helpOption("-h, --help", "Show this help.")
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .showHelpAfterError(`Run "cellscope ${name} --help" for what there is.`)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "cellscope: ")) })
    .exitOverride();
}

/** Reads the arguments; returns the exit code when there is nothing more to do, and nothing otherwise. */
export function parseArguments(command: Command, argv: readonly string[]): number | undefined {
  try {
    command.parse([...argv], { from: "user" });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}
