import { type Kernel, type KernelOptions, startKernel } from "../../kernel/kernel.js";
import { typescriptInfo } from "../../kernel/language-info.js";
import type { ConnectionInfo } from "../../kernel/protocol/connection-file.js";
import { type Client, connectClient, createConnection } from "./client.js";
import { createEchoInterpreter, type EchoInterpreter } from "./echo-interpreter.js";

/** A kernel over an echo interpreter, in this process, with one client connected. */
export interface EchoKernel {
  readonly kernel: Kernel;
  readonly client: Client;
  readonly interpreter: EchoInterpreter;
  readonly connection: ConnectionInfo;
  /** What the kernel told its log. */
  readonly log: readonly string[];
  /** Connects another client; it is closed with the rest. */
  readonly connect: () => Promise<Client>;
  /** Ends everything; throws when a client saw a message against the spec. */
  readonly close: () => Promise<void>;
}

/** Starts a kernel over an echo interpreter and connects a client to it. */
export async function startEchoKernel(
  options: {
    readonly transport?: ConnectionInfo["transport"];
    readonly key?: string;
  } & Pick<KernelOptions, "historyDirectory" | "readUsage"> = {},
): Promise<EchoKernel> {
  const { transport, key, ...kernelOptions } = options;
  const { connection: fresh, remove } = await createConnection(transport);
  const connection = { ...fresh, key: key ?? fresh.key };
  const interpreter = createEchoInterpreter();
  const log: string[] = [];
  const clients: Client[] = [];
  const kernel = await startKernel({
    connection,
    interpreter: () => interpreter,
    language: typescriptInfo("6.0.3"),
    version: "0.1.0",
    log: (line) => log.push(line),
    ...kernelOptions,
  });
  const connect = async () => {
    const client = await connectClient(connection);
    clients.push(client);
    return client;
  };
  return {
    kernel,
    client: await connect(),
    interpreter,
    connection,
    log,
    connect,
    close: async () => {
      await kernel.close();
      await remove();
      for (const client of clients) client.close();
    },
  };
}
