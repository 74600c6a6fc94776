import { createServer } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Dealer, Subscriber } from "zeromq";
import { startKernel } from "../../kernel/kernel.js";
import { typescriptInfo } from "../../kernel/language-info.js";
import { type ConnectionInfo, formatEndpoint } from "../../kernel/protocol/connection-file.js";
import { createMessage } from "../../kernel/protocol/messages.js";
import { createSigner, formatFrames, parseFrames } from "../../kernel/protocol/wire.js";
import { connectClient, createConnection } from "../support/client.js";
import { createEchoInterpreter } from "../support/echo-interpreter.js";
import { type EchoKernel, startEchoKernel } from "../support/echo-kernel.js";

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function start(options: Parameters<typeof startEchoKernel>[0] = {}): Promise<EchoKernel> {
  const echo = await startEchoKernel(options);
  ends.push(() => echo.close());
  return echo;
}

describe("a connection", () => {
  test.each(["tcp", "ipc"] as const)("over %s works on every channel", async (transport) => {
    const { client } = await start({ transport });
    expect((await client.execute("print a")).stdout).toBe("a");
    const { reply } = await client.request("kernel_info_request", {}, { channel: "control" });
    expect(reply.content.status).toBe("ok");
    expect(Buffer.from(await client.heartbeat(Buffer.from("ping"))).toString()).toBe("ping");
  });

  test("without a key is not signed", async () => {
    const { client } = await start({ key: "" });
    expect((await client.execute("print a")).stdout).toBe("a");
  });

  test("whose port is taken is refused with the channel, the address and the reason, and leaves nothing open", async () => {
    const { connection } = await start({ transport: "tcp" });
    const { connection: other } = await createConnection("tcp");
    const mixed = { ...other, ports: { ...other.ports, stdin: connection.ports.stdin } };
    await expect(startEcho(mixed)).rejects.toThrow(
      `The stdin channel cannot be bound to tcp://127.0.0.1:${connection.ports.stdin}: Address already in use.`,
    );
    // The other four ports are free again.
    const kernel = await startWhenFree(other);
    await kernel.close();
  });

  test("whose port is taken for a moment has it after that", async () => {
    const { connection, remove } = await createConnection("tcp");
    ends.push(remove);
    const passing = createServer();
    const port = Number(connection.ports.iopub);
    await new Promise<void>((resolve) => passing.listen(port, "127.0.0.1", resolve));
    const starting = startEcho(connection);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await new Promise((resolve) => passing.close(resolve));
    const kernel = await starting;
    ends.push(() => kernel.close());
    const client = await connectClient(connection);
    ends.push(async () => client.close());
    expect((await client.execute("print a")).stdout).toBe("a");
  });

  test("is open before the interpreter is made", async () => {
    const { connection, remove } = await createConnection();
    ends.push(remove);
    let made = false;
    const kernel = startKernel({
      connection,
      interpreter: () => {
        made = true;
        return createEchoInterpreter();
      },
      language: typescriptInfo("6.0.3"),
      version: "0.1.0",
    });
    expect(made).toBe(false);
    await (await kernel).close();
    expect(made).toBe(true);
  });

  test("is closed again when the interpreter cannot be made", async () => {
    const { connection } = await createConnection("tcp");
    const broken = startKernel({
      connection,
      interpreter: () => {
        throw new Error("no such program");
      },
      language: typescriptInfo("6.0.3"),
      version: "0.1.0",
    });
    await expect(broken).rejects.toThrow("no such program");
    const kernel = await startWhenFree(connection);
    await kernel.close();
  });
});

describe("the first thing on iopub", () => {
  test("is a welcome, also for a client that connected before there was a kernel and may hear that it starts", async () => {
    const { connection, remove } = await createConnection();
    ends.push(remove);
    const connecting = connectClient(connection);
    const kernel = await startEcho(connection);
    ends.push(() => kernel.close());
    const client = await connecting;
    client.close();
    const seen = client.seen.filter(({ content }) => content.execution_state !== "starting");
    expect(seen.map(({ header, content }) => [header.msg_type, content])).toEqual([
      ["iopub_welcome", { subscription: "" }],
    ]);
  });

  test("is a welcome for every client, caused by no request", async () => {
    const echo = await start();
    const second = await echo.connect();
    expect(second.seen[0]?.header.msg_type).toBe("iopub_welcome");
    expect(second.seen[0]?.parent_header).toEqual({});
  });
});

describe("a request that waits before there is a kernel", () => {
  /** Asks who the kernel is, with a shell socket that finds it sooner than ZeroMQ's defaults would. */
  async function ask(connection: ConnectionInfo): Promise<Dealer> {
    const shell = new Dealer({ linger: 0, reconnectInterval: 5 });
    ends.push(async () => shell.close());
    shell.connect(formatEndpoint(connection, "shell"));
    const request = createMessage("kernel_info_request", {}, { session: "early" });
    await shell.send(formatFrames(request, [], createSigner(connection)));
    return shell;
  }
  const read = async (socket: Dealer | Subscriber, connection: ConnectionInfo) =>
    parseFrames(await socket.receive(), createSigner(connection));

  test("is heard of from busy to idle, also where iopub is connected later", async () => {
    for (let round = 1; round <= 5; round++) {
      const { connection, remove } = await createConnection("tcp");
      ends.push(remove);
      const iopub = new Subscriber({ linger: 0 });
      ends.push(async () => iopub.close());
      iopub.connect(formatEndpoint(connection, "iopub"));
      iopub.subscribe("");
      const shell = await ask(connection);
      // Both have found nobody by now, and try again at moments of their own.
      await new Promise((resolve) => setTimeout(resolve, 20 * round));
      const kernel = await startEcho(connection);
      ends.push(() => kernel.close());
      expect((await read(shell, connection)).header.msg_type).toBe("kernel_info_reply");
      const states: unknown[] = [];
      while (!states.includes("idle")) {
        const { header, content } = await read(iopub, connection);
        if (header.msg_type === "status") states.push(content.execution_state);
      }
      expect(states.filter((state) => state !== "starting")).toEqual(["busy", "idle"]);
    }
  });

  test("is answered, also where nobody listens on iopub", async () => {
    const { connection, remove } = await createConnection();
    ends.push(remove);
    const shell = await ask(connection);
    const kernel = await startEcho(connection);
    ends.push(() => kernel.close());
    expect((await read(shell, connection)).header.msg_type).toBe("kernel_info_reply");
  });
});

describe("two clients", () => {
  test("see each other's outputs, and each its own replies", async () => {
    const echo = await start();
    const second = await echo.connect();
    const { msgId } = await echo.client.execute("print a");
    const seen = await second.waitFor(({ header }) => header.msg_type === "stream");
    expect(seen.parent_header.msg_id).toBe(msgId);
    await second.execute("print b");
    expect(second.seen.filter(({ channel }) => channel === "shell")).toHaveLength(1);
    expect(echo.client.seen.filter(({ channel }) => channel === "shell")).toHaveLength(1);
  });

  test("of which one comes back under its old name before the old one is gone are both the same to the kernel", async () => {
    const echo = await start();
    const again = await connectClient(echo.connection, { session: echo.client.session });
    ends.push(async () => again.close());
    expect((await again.execute("print a")).stdout).toBe("a");
  });

  test("one that disappears in the middle of a cell does not disturb the other", async () => {
    const echo = await start();
    const second = await connectClient(echo.connection);
    second.send("execute_request", { code: "wait end\nprint b" });
    await echo.client.waitFor(({ header }) => header.msg_type === "execute_input");
    second.close();
    echo.interpreter.release("end");
    expect((await echo.client.execute("print a")).stdout).toBe("a");
  });
});

describe("shutdown", () => {
  test.each([
    ["control", false],
    ["control", true],
    ["shell", false],
  ] as const)("asked on %s with restart %j is answered, told to all, and ends the kernel", async (channel, restart) => {
    const echo = await start();
    const second = await echo.connect();
    const { transcript, reply } = await echo.client.request("shutdown_request", { restart }, { channel });
    expect(transcript).toEqual(["shutdown_reply:ok", "shutdown_reply:ok"]);
    expect(reply.content).toEqual({ status: "ok", restart });
    expect(await echo.kernel.closed).toEqual({ restart });
    expect(echo.interpreter.isClosed()).toBe(true);
    await second.waitFor(({ header }) => header.msg_type === "shutdown_reply");
  });

  test("ends what runs and aborts what waits", async () => {
    const echo = await start();
    const running = echo.client.send("execute_request", { code: "print a\nblock", stop_on_error: false });
    const waiting = echo.client.send("execute_request", { code: "print b" });
    await echo.client.waitFor(({ header }) => header.msg_type === "stream");
    // What was sent over one socket arrives in order: after this, the kernel has both cells.
    await echo.client.request("kernel_info_request");
    await echo.client.request("shutdown_request", { restart: false }, { channel: "control" });
    expect((await echo.client.exchange(running)).reply.content.status).toBe("error");
    expect((await echo.client.exchange(waiting)).reply.content.status).toBe("aborted");
    expect(await echo.kernel.closed).toEqual({ restart: false });
  });

  test("ends the kernel also when a cell cannot be ended", async () => {
    const echo = await start();
    echo.client.send("execute_request", { code: "print a\nwait for-ever" });
    await echo.client.waitFor(({ header }) => header.msg_type === "stream");
    await echo.kernel.close();
    expect(await echo.kernel.closed).toEqual({ restart: false });
  });

  test("frees the ports for the next kernel", async () => {
    const echo = await start({ transport: "tcp" });
    await echo.client.request("shutdown_request", { restart: true }, { channel: "control" });
    await echo.kernel.closed;
    const next = await startWhenFree(echo.connection);
    await next.close();
  });
});

function startEcho(connection: ConnectionInfo) {
  return startKernel({
    connection,
    interpreter: createEchoInterpreter,
    language: typescriptInfo("6.0.3"),
    version: "0.1.0",
  });
}

/** ZeroMQ gives ports free in a thread of its own, soon after a socket was closed. */
function startWhenFree(connection: ConnectionInfo) {
  return vi.waitFor(() => startEcho(connection), { timeout: 10_000, interval: 20 });
}
