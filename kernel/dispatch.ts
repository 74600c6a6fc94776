import { randomUUID } from "node:crypto";
import { CellOutput, type Publish } from "./cell-output.js";
import type { Channels } from "./channels.js";
import { toErrorContent, UsageError } from "./errors.js";
import type { ExecutionQueue } from "./execution-queue.js";
import { handleAborted, handleExecute } from "./handlers/execute.js";
import type { Handler, KernelParts, Request } from "./handlers/handler.js";
import { handlers, listeners } from "./handlers/index.js";
import { type Content, createMessage, type Header, type RequestChannel } from "./protocol/messages.js";
import type { WireMessage } from "./protocol/wire.js";
import { createInputSender, Stdin } from "./stdin.js";

/** Leads each message to its handler, and sees to it that it gets one reply between one `busy` and one `idle`. */
export interface Dispatcher {
  readonly dispatch: (channel: RequestChannel, message: WireMessage) => void;
  /** Publishes what no request has caused. */
  readonly announce: (msgType: string, content: Content, topic?: string) => void;
  /** Publishes the text that outputs still keep back. */
  readonly flushOutputs: () => void;
}

/** Makes the dispatcher of one kernel. */
export function createDispatcher(channels: Channels, kernel: KernelParts): Dispatcher {
  const session = randomUUID();
  const unflushed = new Set<CellOutput>();
  // The cells that run: one in each shell at most.
  const running = new Set<WireMessage>();
  const stdin = new Stdin(createInputSender(session, (to, message) => channels.send("stdin", to, message)));

  const reporter =
    (channel: RequestChannel, { header }: WireMessage) =>
    (error: unknown): void =>
      kernel.log(`${channel}: ${shorten(JSON.stringify(header.msg_type))} failed: ${describe(error)}`);

  const publisher =
    (parent: Header | undefined): Publish =>
    (msgType, content, extras = {}) =>
      channels.publish(`kernel.${session}.${msgType}`, createMessage(msgType, content, { session, parent, ...extras }));

  const createRequest = (message: WireMessage, publish: Publish, actions: (() => void)[]): Request => ({
    content: message.content,
    metadata: message.metadata,
    replyMetadata: {},
    buffers: message.buffers,
    publish,
    ask: (input, signal) => stdin.ask(message, input, signal),
    executions: queueOf(message) ?? kernel.subshells.main,
    createOutput: () => new CellOutput(publish, unflushed),
    afterReply: (action) => actions.push(action),
    kernel,
  });

  /** Runs `work` between `busy` and `idle`. */
  const attend = async (message: WireMessage, work: (request: Request) => Promise<void>): Promise<void> => {
    const publish = publisher(message.header);
    const actions: (() => void)[] = [];
    publish("status", { execution_state: "busy" });
    try {
      await work(createRequest(message, publish, actions));
    } catch (error) {
      // Without a reply or a result to carry it, a fault of ours can only be told here.
      kernel.log(`${message.header.msg_type}: ${describe(error)}`);
    } finally {
      running.delete(message);
      publish("status", { execution_state: "idle" });
      // Whoever looks at the last status only (a server that ends idle kernels, a status bar) must still
      // see that a cell runs.
      const [first] = running;
      if (first) publisher(first.header)("status", { execution_state: "busy" });
      for (const action of actions) action();
    }
  };

  const answer = (channel: RequestChannel, message: WireMessage, handle: Handler): Promise<void> =>
    attend(message, async (request) => {
      const msgType = message.header.msg_type.replace(/_request$/, "_reply");
      const started = new Date().toISOString();
      const reply = (content: Content) => {
        const metadata = { started, status: content.status, ...request.replyMetadata };
        channels.send(channel, message, createMessage(msgType, content, { session, parent: message.header, metadata }));
      };
      try {
        reply(await handle(request));
      } catch (error) {
        // Of a mistake in the request the client is told; of a fault of ours, whoever reads the log as well.
        if (!(error instanceof UsageError)) kernel.log(`${message.header.msg_type}: ${describe(error)}`);
        reply({ status: "error", ...toErrorContent(error) });
      }
    });

  const queueOf = ({ header }: WireMessage): ExecutionQueue | undefined => kernel.subshells.queueOf(header.subshell_id);

  const execute = (channel: RequestChannel, message: WireMessage, queue: ExecutionQueue): void =>
    queue.add(async (aborted) => {
      running.add(message);
      await answer(channel, message, aborted ? handleAborted : handleExecute).catch(reporter(channel, message));
    });

  const take = async (channel: RequestChannel, message: WireMessage): Promise<void> => {
    const msgType = message.header.msg_type;
    const listener = listeners.get(msgType);
    if (listener) return attend(message, listener);
    const handler = handlers.get(msgType);
    if (handler) return answer(channel, message, handler);
    kernel.log(`${channel}: ${shorten(JSON.stringify(msgType))} is no message that this kernel knows`);
    if (msgType.endsWith("_request")) return answer(channel, message, refuse(msgType));
    return attend(message, async () => undefined);
  };

  /** A client hears of the end of a request by its `idle`, also of one that has no reply. */
  const refuseSubshell = (message: WireMessage): Promise<void> => {
    const { msg_type: msgType, subshell_id: id } = message.header;
    const error = new UsageError(`There is no subshell ${shorten(JSON.stringify(id))}.`);
    kernel.log(`shell: ${shorten(JSON.stringify(msgType))} is for a subshell that does not exist`);
    const fail = async () => {
      throw error;
    };
    return msgType.endsWith("_request") ? answer("shell", message, fail) : attend(message, async () => undefined);
  };

  return {
    dispatch: (channel, message) => {
      const queue = queueOf(message);
      if (channel === "stdin") {
        if (message.header.msg_type === "input_reply" && stdin.take(message)) return;
        kernel.log(`stdin: ${shorten(JSON.stringify(message.header.msg_type))} came, and nothing had been asked`);
      } else if (queue === undefined && channel === "shell") {
        refuseSubshell(message).catch(reporter(channel, message));
      } else if (message.header.msg_type === "execute_request") {
        execute(channel, message, queue ?? kernel.subshells.main);
      } else {
        take(channel, message).catch(reporter(channel, message));
      }
    },
    announce: (msgType, content, topic = `kernel.${session}.${msgType}`) =>
      channels.publish(topic, createMessage(msgType, content, { session })),
    flushOutputs: () => {
      for (const output of unflushed) output.flush();
    },
  };
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function refuse(msgType: string): Handler {
  return async () => {
    throw new UsageError(`${msgType} is not supported by this kernel.`);
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
