import { messageOf } from "../../runner/errors.js";
import type { KernelLaunch } from "../../runner/kernel-process.js";
import type { ChannelMessage, ZmqKernel } from "../../runner/zmq-kernel.js";
import type { Finding } from "./finding.js";

/** What a start of the kernel took, in milliseconds. */
export interface KernelTimes {
  /** From the start of the process to the first `kernel_info_reply` and the first message on iopub. */
  readonly info: number;
  /** From the start of the process to the value of the first cell. */
  readonly firstResult: number;
  /** The median of cells after that, from request to reply. */
  readonly roundTrip: number;
}

/** Starts a kernel, runs a few cells in it, and ends it; the finding says how long that took, or why it failed. */
export async function checkKernel(launch: KernelLaunch): Promise<Finding> {
  try {
    const { info, firstResult, roundTrip } = await measureKernel(launch);
    const text =
      `starts: answers after ${info.toFixed(0)} ms, first value after ${firstResult.toFixed(0)} ms, ` +
      `a trivial cell takes ${roundTrip.toFixed(1)} ms (median of ${roundTrips})`;
    return { check: "kernel", level: "ok", text };
  } catch (error) {
    return {
      check: "kernel",
      level: "problem",
      text: messageOf(error),
      mend: "start it by hand for its own words: cellscope run NOTEBOOK; then mend what the other lines show, or install cellscope again",
    };
  }
}

const roundTrips = 20;
const startTimeout = 60_000;
const cellTimeout = 60_000;

async function measureKernel(launch: KernelLaunch): Promise<KernelTimes> {
  // Loaded late: without zeromq this is one failed check among others.
  const { ZmqKernel } = await import("../../runner/zmq-kernel.js");
  const started = performance.now();
  const kernel = await ZmqKernel.start(launch, { cwd: process.cwd(), startTimeout });
  try {
    const info = performance.now() - started;
    const value = await runCell(kernel, "6 * 7");
    const firstResult = performance.now() - started;
    if (value !== "42") throw new Error(`The kernel says that 6 * 7 is ${value ?? "nothing"}.`);
    const times: number[] = [];
    for (let i = 0; i < roundTrips; i++) {
      const began = performance.now();
      await runCell(kernel, `${i}`);
      times.push(performance.now() - began);
    }
    times.sort((one, other) => one - other);
    return { info, firstResult, roundTrip: times[roundTrips / 2] ?? 0 };
  } finally {
    await kernel.shutdown();
  }
}

/** Runs a cell and returns the text of its value; rejects when it fails, the kernel dies, or it takes too long. */
async function runCell(kernel: ZmqKernel, code: string): Promise<string | undefined> {
  const { createMessage } = await import("../../kernel/protocol/messages.js");
  const content = { code, silent: false, store_history: false, allow_stdin: false, stop_on_error: true };
  const request = createMessage("execute_request", content, { session: kernel.session, username: "cellscope" });
  let timer: NodeJS.Timeout | undefined;
  let stop: () => void = () => undefined;
  try {
    return await new Promise((resolve, reject) => {
      let value: string | undefined;
      let reply: ChannelMessage | undefined;
      let isIdle = false;
      stop = kernel.onMessage((message) => {
        if (message.parent_header.msg_id !== request.header.msg_id) return;
        const { msg_type: type } = message.header;
        if (type === "execute_result") value = plainText(message.content.data);
        if (type === "execute_reply") reply = message;
        if (type === "status" && message.content.execution_state === "idle") isIdle = true;
        if (reply === undefined || !isIdle) return;
        if (reply.content.status === "ok") resolve(value);
        else
          reject(new Error(`The cell ${code} fails: ${String(reply.content.ename)}: ${String(reply.content.evalue)}`));
      });
      timer = setTimeout(() => {
        reject(new Error(`The kernel did not run the cell ${code} within ${cellTimeout / 1000} s.`));
      }, cellTimeout);
      void kernel.died.then(({ reason, stderr }) => reject(new Error(`The kernel died. ${reason} ${stderr}`)));
      kernel.send({ ...request, channel: "shell" });
    });
  } finally {
    clearTimeout(timer);
    stop();
  }
}

function plainText(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null || !("text/plain" in data)) return undefined;
  return String(data["text/plain"]);
}
