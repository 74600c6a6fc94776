import { basename } from "node:path";
import { UsageError } from "../../kernel/errors.js";
import type { KernelState } from "../../profiler/kernel-state.js";
import type { Sample } from "../../profiler/sample-frames.js";
import { type SampleSubscription, subscribeToSamples } from "../../profiler/sample-socket.js";
import { readClock } from "../../profiler/sampler.js";
import { measureTop, type TopProcess } from "../../profiler/system/top.js";
import { formatDuration } from "../../report/format.js";
import { textTable } from "../../report/text.js";
import { formatTopScreen } from "../../report/top-screen.js";
import { defineCommand, parseArguments } from "../command.js";
import { type AnnouncedKernel, announcementDirectory, listAnnouncedKernels } from "../kernel-announcement.js";
import { catchSignals } from "../signals.js";

/** `cellscope top`: watches a running kernel without stopping it. */
export async function run(argv: readonly string[]): Promise<number> {
  const command = defineCommand("top", "Watch a running kernel: its cell, memory, garbage collections and processes.")
    .argument("[kernel]", "Its process number, or a part of the name of its directory or connection file.")
    .option("--list", "List the kernels that run.")
    .option("--once", "Show one screen and end; so it is where the output is no terminal.")
    .option("--endpoint", "Print the ZeroMQ endpoint of its samples and end, for a program of your own.");
  const done = parseArguments(command, argv);
  if (done !== undefined) return done;
  const {
    list = false,
    once = false,
    endpoint = false,
  } = command.opts<{ readonly list?: boolean; readonly once?: boolean; readonly endpoint?: boolean }>();
  const kernels = listAnnouncedKernels();
  const [wanted] = command.args;
  const chosen = kernels.filter((kernel) => wanted === undefined || isNamed(kernel, wanted));
  const [kernel] = chosen;
  if (list) {
    process.stdout.write(kernels.length === 0 ? "No kernel runs.\n" : `${formatKernels(kernels)}\n`);
    return 0;
  }
  if (kernel === undefined) {
    const which = wanted === undefined ? "" : ` that is "${wanted}"`;
    throw new UsageError(
      `There is no running kernel${which}; kernels announce themselves in ${announcementDirectory()}.`,
    );
  }
  if (chosen.length > 1) {
    process.stderr.write(
      `cellscope: ${chosen.length} kernels run: choose one, such as "cellscope top ${kernel.pid}".\n`,
    );
    (endpoint ? process.stderr : process.stdout).write(`${formatKernels(chosen)}\n`);
    return 2;
  }
  if (endpoint) {
    process.stdout.write(`${kernel.samples}\n`);
    return 0;
  }
  return watch(kernel, once || !process.stdout.isTTY);
}

function isNamed({ pid, cwd, connectionFile }: AnnouncedKernel, wanted: string): boolean {
  return String(pid) === wanted || cwd.includes(wanted) || basename(connectionFile).includes(wanted);
}

function formatKernels(kernels: readonly AnnouncedKernel[]): string {
  return textTable(
    [
      { title: "pid", align: "end" },
      { title: "up", align: "end" },
      { title: "directory" },
      { title: "connection file" },
    ],
    kernels.map(({ pid, started, cwd, connectionFile }) => [
      String(pid),
      formatDuration(Math.max(0, Date.now() - started)),
      cwd,
      basename(connectionFile),
    ]),
  );
}

/** So far back goes the curve of memory. */
const shownTime = 120_000;
/** Between two screens; what it costs to read every process bounds it. */
const screenInterval = 1000;

async function watch(kernel: AnnouncedKernel, once: boolean): Promise<number> {
  let state: KernelState | undefined;
  let subscription: SampleSubscription;
  try {
    subscription = await subscribeToSamples(kernel.samples, {
      recent: 8192,
      onState: (next) => {
        state = next;
      },
    });
  } catch (error) {
    throw new UsageError(
      `The kernel ${kernel.pid} cannot be watched: ${error instanceof Error ? error.message : error}`,
      {
        cause: error,
      },
    );
  }
  const signals = catchSignals();
  const keys = listenForKeys();
  const stopped = AbortSignal.any([signals.signal, keys.signal]);
  if (!once) process.stdout.write(enterScreen);
  try {
    while (!stopped.aborted && listAnnouncedKernels().some(({ pid }) => pid === kernel.pid)) {
      const processes = await readProcesses(kernel, state);
      const screen = formatTopScreen({
        title: `kernel ${kernel.pid} in ${kernel.cwd}, up ${formatDuration(Math.max(0, Date.now() - kernel.started))}${once ? "" : "; q ends this"}`,
        now: readClock(),
        state,
        samples: lately(subscription),
        processes,
        // A terminal that does not know its width says 0.
        columns: process.stdout.columns || 100,
      });
      // The first screen without a state would only say that it waits for one.
      if (once && state !== undefined && "value" in state.runtime) {
        process.stdout.write(`${screen}\n`);
        return 0;
      }
      if (!once) process.stdout.write(clearScreen + screen.replaceAll("\n", "\r\n"));
    }
  } finally {
    if (!once) process.stdout.write(leaveScreen);
    keys.release();
    signals.release();
    await subscription.close();
  }
  if (!stopped.aborted) process.stdout.write(`The kernel ${kernel.pid} has ended.\n`);
  return 0;
}

function lately({ series }: SampleSubscription): readonly Sample[] {
  const now = readClock();
  return series.between(now - shownTime, now);
}

async function readProcesses({ pid }: AnnouncedKernel, state: KernelState | undefined): Promise<readonly TopProcess[]> {
  const own = state?.processes ?? [{ role: "kernel", pid }];
  const top = await measureTop(own, { count: 1000, by: "memory", interval: screenInterval, only: "own" });
  return "value" in top ? top.value.processes.slice(0, 15) : [];
}

const enterScreen = "\x1b[?1049h\x1b[?25l";
const leaveScreen = "\x1b[?25h\x1b[?1049l";
const clearScreen = "\x1b[H\x1b[2J";

/** `q` ends the watch; so does Ctrl-C, which a raw terminal hands over as a key. */
function listenForKeys(): { readonly signal: AbortSignal; readonly release: () => void } {
  const pressed = new AbortController();
  const { stdin } = process;
  if (!stdin.isTTY) return { signal: pressed.signal, release: () => undefined };
  const listen = (keys: Buffer) => {
    if (/[q\x03\x04]/.test(keys.toString("latin1"))) pressed.abort();
  };
  stdin.setRawMode(true).resume().on("data", listen);
  return {
    signal: pressed.signal,
    release: () => {
      stdin.off("data", listen).setRawMode(false).pause();
    },
  };
}
