// A kernel on this machine as a session uses it: started by us, spoken to over ZeroMQ, put under a KernelConnection.
import type { KernelLaunch } from "./kernel-process.js";
import { connectServices, loadServices } from "./services.js";
import type { SessionEnd, SessionKernel } from "./session-kernel.js";
import { sleep } from "./wait.js";
import { ZmqKernel, type ZmqKernelOptions } from "./zmq-kernel.js";

/** Starts a kernel on this machine; throws a `KernelStartError` when it does not start. */
export async function startLocalKernel(launch: KernelLaunch, options: ZmqKernelOptions): Promise<SessionKernel> {
  // The library loads while the kernel starts.
  const [kernel] = await Promise.all([ZmqKernel.start(launch, options), loadServices()]);
  const { connection, dispose } = await connectServices(kernel);
  return {
    connection,
    pid: kernel.pid,
    info: kernel.info,
    died: kernel.died,
    watch: (stop) => watchHeartbeat(kernel, stop),
    interrupt: () => kernel.interrupt(),
    kill: () => kernel.kill(),
    close: async () => {
      try {
        await kernel.shutdown();
      } finally {
        dispose();
      }
    },
  };
}

/** Settles when the kernel has been silent for too long; never when its launch sets no limit. */
async function watchHeartbeat(kernel: ZmqKernel, stop: AbortSignal): Promise<SessionEnd> {
  const { heartbeatLimit: limit } = kernel.launch;
  while (limit !== undefined && !stop.aborted) {
    await sleep(Math.min(heartbeatInterval, limit), stop);
    if (stop.aborted || (await kernel.ping(limit, stop))) continue;
    if (stop.aborted) break;
    const reason = `The kernel hangs: it has not answered its heartbeat for ${limit / 1000} s, and was ended.`;
    await kernel.kill();
    return { reason, stderr: "" };
  }
  return new Promise(() => undefined);
}

const heartbeatInterval = 5000;
