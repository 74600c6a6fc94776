// @jupyterlab/services on top of our own transport, so that a run on this machine and one on a Jupyter
// server go through the same KernelConnection. No managers: their timers keep the process alive.
import type { Kernel, ServerConnection } from "@jupyterlab/services";
import { muteServices } from "./mute-services.js";
import type { ChannelMessage, ZmqKernel } from "./zmq-kernel.js";

/** A KernelConnection, and how it is let go of. */
export interface ConnectedKernel {
  readonly connection: Kernel.IKernelConnection;
  readonly dispose: () => void;
}

/** Loads the library; it takes some 60 ms, which a start may spend while the kernel starts. */
export function loadServices(): Promise<typeof import("@jupyterlab/services")> {
  return import("@jupyterlab/services");
}

/** Puts a KernelConnection over a kernel on this machine. */
export async function connectServices(kernel: ZmqKernel): Promise<ConnectedKernel> {
  const { KernelConnection } = await loadServices();
  const unmute = muteServices();
  const model = { id: kernel.session, name: kernel.launch.name };
  const askNobody = (): never => {
    throw new Error("A kernel on this machine has no server to ask.");
  };
  // Written out, because the library's `makeSettings` has Node load its HTTP client for the defaults: 40 ms of CPU time.
  const serverSettings: ServerConnection.ISettings = {
    // Never looked up: every way to the network is replaced below.
    baseUrl: "http://in-process.invalid/",
    wsUrl: "ws://in-process.invalid/",
    appUrl: "",
    token: "",
    appendToken: false,
    init: {},
    fetch: async () => askNobody(),
    Request: askNobody as unknown as typeof Request,
    Headers: askNobody as unknown as typeof Headers,
    WebSocket: webSocketOver(kernel),
    // Message objects pass as they are; both casts undo the library's view of them as bytes.
    serializer: {
      serialize: (message) => message as unknown as string,
      deserialize: (data) => data as unknown as ReturnType<ServerConnection.ISettings["serializer"]["deserialize"]>,
    },
  };
  const connection = new KernelConnection({
    model,
    serverSettings,
    kernelAPIClient: apiOver(kernel, model, serverSettings),
    handleComms: false,
  });
  return {
    connection,
    dispose: () => {
      connection.dispose();
      unmute();
    },
  };
}

function apiOver(
  kernel: ZmqKernel,
  model: Kernel.IModel,
  serverSettings: ServerConnection.ISettings,
): Kernel.IKernelAPIClient {
  return {
    serverSettings,
    listRunning: async () => [model],
    getModel: async () => model,
    startNew: async () => model,
    restart: () => kernel.restart(),
    interrupt: async () => kernel.interrupt(),
    shutdown: () => kernel.shutdown(),
  };
}

type Handler = ((event: unknown) => void) | null;

/** The part of a WebSocket that KernelConnection uses, with the kernel at its other end. */
function webSocketOver(kernel: ZmqKernel): ServerConnection.ISettings["WebSocket"] {
  class KernelSocket {
    readonly protocol = "";
    binaryType = "arraybuffer";
    onopen: Handler = null;
    onmessage: Handler = null;
    onclose: Handler = null;
    onerror: Handler = null;
    readonly #stop: () => void;

    constructor() {
      this.#stop = kernel.onMessage((message) => this.onmessage?.({ data: toServices(message) }));
      // The handlers are set after the constructor has returned.
      queueMicrotask(() => this.onopen?.({}));
    }

    send(message: ChannelMessage): void {
      kernel.send({ ...message, buffers: message.buffers ?? [] });
    }

    close(): void {
      this.#stop();
    }
  }
  // KernelConnection only calls the constructor and uses the members above.
  return KernelSocket as unknown as ServerConnection.ISettings["WebSocket"];
}

/** Buffers as the library has them from a server: DataViews. */
function toServices(message: ChannelMessage): unknown {
  const buffers = message.buffers.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return { ...message, buffers };
}
