// A thread beside the cells. It hears the kernel also while a cell blocks the main thread: it stops cells, lends its
// inspector session to probes, and ends the process, with all that cells started, when the kernel is gone.
import { Session } from "node:inspector";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { workerData } from "node:worker_threads";
import { CodeStopper } from "./code-stopper.js";
import { type InputBell, ring } from "./input-wait.js";
import { LineReader } from "./line-reader.js";
import type { GuardCommand, GuardEvent } from "./link.js";
import { killGroup } from "./process-group.js";
import type { StopLink } from "./stop-agreement.js";

interface Probe {
  readonly onMessage: (
    message: unknown,
    context: { readonly session: Session; readonly send: (message: unknown) => void },
  ) => unknown;
}

const guardDescriptor = 5;
const ownFile = fileURLToPath(import.meta.url);
const loadProbe = createRequire(ownFile);
// Given by the main thread, which waits with these for input and for its stop.
const { bell, stop } = workerData as { readonly bell: InputBell; readonly stop: StopLink };
const stopper = new CodeStopper(stop);
const socket = new Socket({ fd: guardDescriptor, readable: true, writable: true });
let probeSession: Session | undefined;

const reader = new LineReader();
socket.setEncoding("utf8");
socket.on("data", (text: string) => {
  for (const line of reader.push(text)) handle(JSON.parse(line) as GuardCommand);
});
// An error is followed by the close, and either means that the kernel is gone.
socket.on("error", () => killGroup(process.pid));
socket.on("close", () => killGroup(process.pid));

function handle(command: GuardCommand): void {
  switch (command.type) {
    case "wake":
      ring(bell, { stopped: command.id });
      return;
    case "terminate":
      stopper.stop(command.id, { force: command.force ?? false });
      return;
    case "input":
      ring(bell, { request: command.request, value: command.value });
      return;
    case "probe":
      tell(command.path, command.message);
      return;
  }
}

function tell(path: string, message: unknown): void {
  const send = (answer: unknown) => {
    const event: GuardEvent = { type: "probe", path, message: answer };
    socket.write(`${JSON.stringify(event)}\n`);
  };
  try {
    const probe = loadProbe(path) as Probe;
    probeSession ??= connect();
    const answered = probe.onMessage(message, { session: probeSession, send });
    if (answered instanceof Promise) answered.catch((error: unknown) => send({ failed: String(error) }));
  } catch (error) {
    send({ failed: String(error) });
  }
}

function connect(): Session {
  const session = new Session();
  session.connectToMainThread();
  return session;
}
