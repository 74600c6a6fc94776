import type { ServerConnection } from "@jupyterlab/services";

/** The part of the library's WebSocket class (that of `ws`) that is used beyond what browsers have. */
interface PingingSocket {
  readonly ping: () => void;
  readonly terminate: () => void;
  readonly on: (event: "open" | "pong" | "message" | "close", listener: () => void) => void;
}

type SocketClass = new (
  url: string,
  protocols: readonly string[],
  options: {
    readonly headers: Readonly<Record<string, string>>;
    readonly maxPayload: number;
    readonly handshakeTimeout: number;
  },
) => PingingSocket;

/** Between two questions whether the other end is there; after two without an answer the connection is dropped. */
const pingInterval = 10_000;

/** Messages may be larger than what the class allows by itself, and no larger than what a string can hold. */
const largestMessage = 512 * 1024 * 1024;

/**
 * WebSockets that carry the token in a header, where no log has it, and that notice a silent end of the network.
 * Subprotocols are not asked for: a server that passes its kernels on to a gateway refuses them.
 */
export function createSocketClass(
  base: ServerConnection.ISettings["WebSocket"],
  token: string,
): ServerConnection.ISettings["WebSocket"] {
  // In Node the library uses the class of `ws`.
  const Base = base as unknown as SocketClass;
  class TokenSocket extends Base {
    constructor(url: string) {
      super(url, [], {
        headers: token === "" ? {} : { Authorization: `token ${token}` },
        maxPayload: largestMessage,
        handshakeTimeout: 30_000,
      });
      let unanswered = 0;
      let timer: NodeJS.Timeout | undefined;
      const heard = (): void => {
        unanswered = 0;
      };
      const ask = (): void => {
        if (unanswered++ >= 2) this.terminate();
        else this.ping();
      };
      this.on("open", () => {
        timer = setInterval(ask, pingInterval);
        timer.unref();
      });
      this.on("pong", heard);
      this.on("message", heard);
      this.on("close", () => clearInterval(timer));
    }
  }
  return TokenSocket as unknown as ServerConnection.ISettings["WebSocket"];
}
