// The process that runs cells: it holds the user's variables, and loads neither TypeScript nor ZeroMQ.
import "./heap-limit-flag.js";

import { Socket } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";
import { FrameReader } from "../protocol/frames.js";
import { toVariable } from "./bind.js";
import { Notebook } from "./cell.js";
import { CellRunner } from "./cell-runner.js";
import { tellChildrenApart } from "./child-output.js";
import { clearWithConsole } from "./clear-output.js";
import { createCodePlaces } from "./code-places.js";
import { sendEvent } from "./event-channel.js";
import { runAs } from "./execution-context.js";
import { restoreHeapLimitFlag } from "./heap-limit-flag.js";
import { connectInput, prompt } from "./input.js";
import { takeAnswer } from "./kernel-questions.js";
import type { Command } from "./link.js";
import { connectMemprofile } from "./memprofile.js";
import { notebookComms } from "./notebook-comms.js";
import { NotebookModules } from "./notebook-modules.js";
import { killGroup } from "./process-group.js";
import { SourceMaps } from "./source-maps.js";
import { installStackTraces } from "./stack-traces.js";
import { StandardInput } from "./standard-input.js";
import { captureStandardStreams } from "./standard-streams.js";
import { installStopHook } from "./stop-hook.js";
import { keepLoopsStoppable } from "./stoppable-loops.js";
import { describeThrown } from "./thrown-error.js";
import { surviveUncaught } from "./uncaught.js";
import { silenceOwnWarnings } from "./warnings.js";

const ownFile = fileURLToPath(import.meta.url);
const commandDescriptor = 3;

captureStandardStreams();
tellChildrenApart();
clearWithConsole();
silenceOwnWarnings();
forgetOwnSettings();

const sourceMaps = new SourceMaps();
installStackTraces(sourceMaps, new Set([ownFile]));
const modules = new NotebookModules(sourceMaps);
const notebook = new Notebook(modules, sourceMaps);
// This file is built to kernel/executor/ under the folder of everything that is ours.
const ownRoot = dirname(dirname(dirname(ownFile)));
const places = createCodePlaces(sourceMaps, ownRoot);
const runner = new CellRunner(notebook, sourceMaps, places);
const standardInput = new StandardInput(runner);
const { port1: inputPort, port2: guardPort } = new MessageChannel();
const inputBell = { port: inputPort, rings: sharedWord() };
const { port1: stopPort, port2: guardStopPort } = new MessageChannel();
const stopLink = { port: stopPort, state: sharedWord() };
connectInput(runner, inputBell);
connectMemprofile({ places, require: (id) => notebook.load(id) });
standardInput.install();
Object.defineProperty(globalThis, "prompt", { value: prompt, configurable: true, writable: true });
surviveUncaught();
installStopHook({ runner, link: stopLink, ownRoot });
receiveCommands();
sendEvent({ type: "ready", pid: process.pid, directory: process.cwd() });
startGuard();

function sharedWord(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

function receiveCommands(): void {
  const reader = new FrameReader();
  // A cell that is stopped takes this function's frames with it: commands wait outside of them.
  const waiting: Command[] = [];
  const socket = new Socket({ fd: commandDescriptor, readable: true, writable: false });
  socket.on("data", (chunk: Buffer) => {
    // The kernel is the only one that holds the other end.
    waiting.push(...(reader.push(chunk) as readonly Command[]));
    for (let command = waiting.shift(); command !== undefined; command = waiting.shift()) handle(command);
  });
  // The kernel wants no more, or is gone: what cells left to be done at the exit is done, what they started is ended.
  socket.on("close", () => {
    process.on("exit", () => killGroup(process.pid));
    process.exit(0);
  });
}

function handle(command: Command): void {
  switch (command.type) {
    case "execute":
      restoreHeapLimitFlag();
      keepLoopsStoppable();
      runner.execute(command);
      standardInput.cellBegan();
      return;
    case "interrupt":
      runner.interrupt(command.id);
      standardInput.stop();
      return;
    case "input":
      standardInput.answer(command.request, command.value);
      return;
    case "answer":
      takeAnswer(command.request, command.answer);
      return;
    case "comm":
      runner.handle(command.id, () => notebookComms.receive(command.message));
      return;
    case "bind":
      runAs(command.id, () => bind(command));
  }
}

function bind({ id, name, value }: Extract<Command, { readonly type: "bind" }>): void {
  try {
    notebook.variables[name] = toVariable(value, modules.requireFrom(process.cwd()));
    sendEvent({ type: "bound", id });
  } catch (error) {
    sendEvent({ type: "bound", id, error: describeThrown(error, sourceMaps) });
  }
}

/** What this process was started with is not for the processes that cells start. */
function forgetOwnSettings(): void {
  process.execArgv = [];
  for (const name of (process.env.CELLSCOPE_OWN_ENV ?? "").split(",")) delete process.env[name];
  delete process.env.CELLSCOPE_OWN_ENV;
}

/** Starts the thread that stops cells and ends this process with its kernel; nothing waits for it. */
function startGuard(): void {
  const guard = new Worker(join(dirname(ownFile), "guard.cjs"), {
    name: "cellscope guard",
    execArgv: [],
    workerData: {
      bell: { port: guardPort, rings: inputBell.rings },
      stop: { port: guardStopPort, state: stopLink.state },
    },
    transferList: [guardPort, guardStopPort],
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  guard.once("online", restoreHeapLimitFlag);
  guard.unref();
  guard.on("error", (error) => {
    const text = `Cells can only be stopped by a restart now: ${error.message}\n`;
    sendEvent({ type: "stream", id: 0, name: "stderr", text });
  });
}
