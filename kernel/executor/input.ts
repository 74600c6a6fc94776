// How cells ask for input and wait for it.
import { sendEvent } from "./event-channel.js";
import { type InputBell, waitForInput } from "./input-wait.js";

/** What asking needs to know of the cell that runs. */
export interface AskingCell {
  readonly id: number;
  readonly takesInput: boolean;
}

/** What asking needs of the runner of cells. */
export interface InputRunner {
  /** The cell that runs, if it is the one that caused what runs at this moment. */
  readonly asking: () => AskingCell | undefined;
  readonly interrupt: (id: number) => void;
}

/** A question that nobody can answer; named as in IPython, whose tools look for this name. */
class StdinNotImplementedError extends Error {
  override readonly name = "StdinNotImplementedError";
}

let connection: { readonly runner: InputRunner; readonly bell: InputBell } | undefined;
let lastRequest = 0;

/** Says, once, who knows the cell that asks, and by what the answers come. */
export function connectInput(runner: InputRunner, bell: InputBell): void {
  connection = { runner, bell };
}

/** `prompt()` as browsers and Deno have it: the default comes back for an empty answer, `null` for none. */
export function prompt(message: unknown = "Prompt", defaultValue?: unknown): string | null {
  const otherwise = defaultValue === undefined || defaultValue === null ? undefined : String(defaultValue);
  const hint = otherwise === undefined ? "" : ` [${otherwise}]`;
  const answer = ask({ prompt: `${String(message)}${hint} `, password: false });
  return answer === "" && otherwise !== undefined ? otherwise : answer;
}

/** Asks for a line that is not shown while it is typed, and waits for it; `null` when there is none. */
export function askPassword(message = "Password:"): string | null {
  return ask({ prompt: `${message} `, password: true });
}

/** The number of the next request for input. */
export function nextInputRequest(): number {
  lastRequest += 1;
  return lastRequest;
}

/** The error of a cell that asks where nobody answers. */
export function noInput(): Error {
  return new StdinNotImplementedError(
    "The cell asks for input, and this front end takes no questions (allow_stdin is false in its execute_request).",
  );
}

function ask({ prompt, password }: { readonly prompt: string; readonly password: boolean }): string | null {
  const cell = connection?.runner.asking();
  if (connection === undefined || cell === undefined) {
    throw new StdinNotImplementedError("Input can be asked for only while the cell that asks is running.");
  }
  if (!cell.takesInput) throw noInput();
  const request = nextInputRequest();
  sendEvent({ type: "input", id: cell.id, request, prompt, password, blocks: true });
  const answer = waitForInput(connection.bell, { id: cell.id, request });
  if (answer !== "stopped") return answer.value;
  connection.runner.interrupt(cell.id);
  throw new Error("The cell was interrupted while it waited for input.");
}
