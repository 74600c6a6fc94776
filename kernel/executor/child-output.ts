import { ChildProcess } from "node:child_process";
import { sendEvent } from "./event-channel.js";
import { currentExecution } from "./execution-context.js";
import { laneCount, laneDescriptors } from "./lanes.js";

/** Who may write into a lane. */
interface Lane {
  readonly index: number;
  execution: number;
  children: number;
}

/** What all of Node's asynchronous ways to start a process come down to. */
interface SpawningPrototype {
  spawn: (this: ChildProcess, options: { stdio?: unknown }) => unknown;
}

/** Gives child processes that inherit stdout or stderr a lane of the cell that starts them. */
export function tellChildrenApart(): void {
  const lanes = Array.from({ length: laneCount }, (_, index): Lane => ({ index, execution: 0, children: 0 }));
  // Node's types have the class, and not this method of it.
  const prototype = ChildProcess.prototype as unknown as SpawningPrototype;
  const { spawn } = prototype;
  prototype.spawn = function (options) {
    const stdio = readStdio(options.stdio);
    const lane = stdio.some(isOutput) ? takeLane(lanes, currentExecution()) : undefined;
    if (lane === undefined) return spawn.call(this, options);
    const { stdout, stderr } = laneDescriptors(lane.index);
    options.stdio = stdio.map((entry, at) => {
      if (!isOutput(entry, at)) return entry;
      return descriptorOf(entry, at) === 1 ? stdout : stderr;
    });
    lane.children += 1;
    this.once("exit", () => {
      lane.children -= 1;
    });
    try {
      return spawn.call(this, options);
    } finally {
      // What could not be started does not exit.
      if (this.pid === undefined) lane.children -= 1;
    }
  };
}

/** The lane of the execution, or one that nobody writes into any more. */
function takeLane(lanes: Lane[], execution: number): Lane | undefined {
  const own = lanes.find((lane) => lane.execution === execution);
  if (own !== undefined) return own;
  const at = lanes.findIndex(({ children }) => children === 0);
  const lane = lanes[at];
  if (lane === undefined) return undefined;
  lane.execution = execution;
  // Last in the list: what its former children have left behind may still come for a while.
  lanes.push(...lanes.splice(at, 1));
  sendEvent({ type: "lane", id: execution, lane: lane.index });
  return lane;
}

function readStdio(stdio: unknown): readonly unknown[] {
  if (stdio === "inherit") return ["inherit", "inherit", "inherit"];
  return Array.isArray(stdio) ? stdio : [];
}

function isOutput(entry: unknown, at: number): boolean {
  const descriptor = descriptorOf(entry, at);
  return descriptor === 1 || descriptor === 2;
}

/** Which file descriptor of this process the child is to have, by whatever way it is named. */
function descriptorOf(entry: unknown, at: number): unknown {
  if (entry === "inherit") return at;
  if (entry === process.stdout) return 1;
  if (entry === process.stderr) return 2;
  return entry;
}
