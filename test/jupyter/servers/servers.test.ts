// `cellscope run --url` on each kind of server: the cells run, a kernel that dies and a connection that drops end clearly, and
// no kernel is left.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Notebook, parseNotebook } from "../../../runner/nbformat.js";
import { type CommandResult, runCommand, startCommand } from "../../support/command-line.js";
import { notebookOf } from "../../support/notebook-of.js";
import {
  enterpriseGatewayIsMissing,
  hubIsMissing,
  startEnterpriseGateway,
  startHub,
  startJupyterServer,
  startKernelGateway,
  type TestServer,
} from "./servers.js";

interface Subject {
  readonly server: TestServer;
  readonly close: () => Promise<void>;
}

async function delegating(): Promise<Subject> {
  const gateway = await startJupyterServer();
  const server = await startJupyterServer(gateway);
  return {
    server: { ...server, runningKernels: gateway.runningKernels },
    close: async () => {
      await server.close();
      await gateway.close();
    },
  };
}

const alone = async (starting: Promise<TestServer>): Promise<Subject> => {
  const server = await starting;
  return { server, close: server.close };
};

const kinds: readonly (readonly [string, () => Promise<Subject>, string | undefined])[] = [
  ["a Jupyter server", () => alone(startJupyterServer()), undefined],
  ["a server that delegates to a gateway", delegating, undefined],
  ["a kernel gateway", () => alone(startKernelGateway()), undefined],
  ["a hub", () => alone(startHub()), hubIsMissing],
  ["an enterprise gateway", () => alone(startEnterpriseGateway()), enterpriseGatewayIsMissing],
];

/** An Enterprise Gateway asks who a kernel is for, and does not start one for root. */
const before = process.env.KERNEL_USERNAME;
beforeAll(() => {
  process.env.KERNEL_USERNAME = "tester";
});
afterAll(() => {
  if (before === undefined) delete process.env.KERNEL_USERNAME;
  else process.env.KERNEL_USERNAME = before;
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellscope-remote-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(...sources: readonly string[]): Promise<string> {
  const path = join(folder, "in.ipynb");
  await writeFile(path, notebookOf(sources));
  return path;
}

async function readOutputs(): Promise<unknown[][]> {
  const notebook: Notebook = parseNotebook(await readFile(join(folder, "out.ipynb"), "utf8"), "out.ipynb");
  return notebook.cells.map((cell) =>
    cell.cell_type !== "code"
      ? []
      : cell.outputs.map((output) => {
          if (output.output_type === "stream") return output.text;
          return output.output_type === "error" ? output.ename : output.data["text/plain"];
        }),
  );
}

/** The command line for a notebook and a server, and what it writes to. */
const argumentsOf = (path: string, { url, tokenFile }: Pick<TestServer, "url" | "tokenFile">) => [
  ...["run", path, "-o", join(folder, "out.ipynb"), "--url", url, "--token-file", tokenFile],
];

/** A cell that tells that it runs, and then never ends; `last` is what it does first. */
const untilStopped = (mark: string, last = "") =>
  `import { writeFileSync } from "node:fs";\n${last}\nwriteFileSync(${JSON.stringify(mark)}, String(process.pid));\nsetInterval(() => {}, 1000);\nawait new Promise(() => {});`;

const limit = { timeout: 60_000, interval: 50 };

describe.each(kinds)("%s", (_name, startSubject, missing) => {
  describe.skipIf(missing !== undefined)(missing ?? "with a token", () => {
    let subject: Subject;
    let server: TestServer;
    beforeAll(async () => {
      subject = await startSubject();
      ({ server } = subject);
    });
    afterAll(() => subject?.close());
    afterEach(async () => {
      // Ended by the server a moment after it was asked to.
      await vi.waitFor(async () => expect(await server.runningKernels()).toEqual([]), limit);
    });
    const run = async (...sources: readonly string[]): Promise<CommandResult> => {
      const result = await runCommand(argumentsOf(await write(...sources), server), { limit: 120_000 });
      expect(result.stdout + result.stderr).not.toContain(server.token);
      if (existsSync(join(folder, "out.ipynb"))) {
        expect(await readFile(join(folder, "out.ipynb"), "utf8")).not.toContain(server.token);
      }
      return result;
    };

    test("runs the cells, one after the other, in one kernel", async () => {
      const { code, stderr, stdout } = await run("const n: number = 6;\nconsole.log('hello')", "n * 7");
      expect([code, stderr], stdout).toEqual([0, expect.stringMatching(/cannot be seen from here/)]);
      expect(await readOutputs()).toEqual([["hello\n"], ["42"]]);
      expect(server.log()).not.toContain(server.token);
    });

    test("ends with 1 and the traceback when a cell fails", async () => {
      const { code, stderr } = await run("1", "throw new TypeError('boom')", "2");
      expect([code, stderr]).toEqual([1, expect.stringMatching(/TypeError: boom/)]);
      expect(await readOutputs()).toEqual([["1"], ["TypeError"], []]);
    });

    test("takes all of a flood of displays", async () => {
      const source = 'for (let i = 0; i < 2000; i++) console.log("line", i);\n"end"';
      expect((await run(source)).code).toBe(0);
      const [[text, last] = []] = await readOutputs();
      expect(String(text).trim().split("\n")).toHaveLength(2000);
      expect(last).toBe("'end'");
    });

    test("stops a cell at its time limit", async () => {
      const { code } = await runCommand([...argumentsOf(await write("for (;;) {}", "2"), server), "--timeout", "2"]);
      expect(code).toBe(124);
      const [stopped, next] = await readOutputs();
      expect([stopped?.at(-1), next]).toEqual(["CellTimeoutError", []]);
    });

    test("ends with 138 when the kernel is killed, and says what can be known of it", async () => {
      const { code, stderr } = await run(
        "1",
        'process.kill(process.ppid, "SIGKILL");\nawait new Promise(() => {});',
        "2",
      );
      expect([code, stderr]).toEqual([138, expect.stringMatching(/KernelDied: .*(has started a new one|died)/)]);
      expect(await readOutputs()).toEqual([["1"], ["KernelDied"], []]);
    });

    test("a dropped connection comes back, and the cell goes on", async () => {
      const relay = await startRelay(server.url);
      try {
        const mark = join(folder, "mark");
        const go = join(folder, "go");
        const path = await write(
          `import { existsSync, writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(mark)}, "");\nwhile (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 50));\n"went on"`,
          "2",
        );
        const running = startCommand(argumentsOf(path, { ...server, url: relay.url }), { limit: 150_000 });
        await vi.waitFor(() => expect(existsSync(mark)).toBe(true), limit);
        const opened = relay.opened();
        relay.drop();
        await vi.waitFor(() => expect(relay.opened()).toBeGreaterThan(opened), limit);
        await vi.waitFor(async () => expect((await server.runningKernels())[0]?.connections).toBeGreaterThan(0), limit);
        await writeFile(go, "");
        const { code, stderr } = await running.ended;
        expect([code, stderr]).toEqual([0, expect.any(String)]);
        expect(await readOutputs()).toEqual([["'went on'"], ["2"]]);
      } finally {
        await relay.close();
      }
    });

    test.each(["SIGINT", "SIGTERM"] as const)(
      "%s stops the cell, keeps the notebook and leaves no kernel",
      async (signal) => {
        const mark = join(folder, "mark");
        const path = await write("1", untilStopped(mark), "3");
        const running = startCommand(argumentsOf(path, server));
        await vi.waitFor(() => expect(existsSync(mark)).toBe(true), limit);
        running.kill(signal);
        const { code } = await running.ended;
        expect(code).toBe(signal === "SIGINT" ? 130 : 143);
        expect(await readOutputs()).toEqual([["1"], [expect.any(String)], []]);
      },
    );

    test("a second SIGINT ends the run soon, and leaves no kernel either", async () => {
      const mark = join(folder, "mark");
      const path = await write("1", untilStopped(mark));
      const running = startCommand(argumentsOf(path, server));
      await vi.waitFor(() => expect(existsSync(mark)).toBe(true), limit);
      running.kill("SIGINT");
      running.kill("SIGINT");
      const { code, stderr } = await running.ended;
      expect([code, stderr]).toEqual([130, expect.not.stringMatching(/may still run/)]);
    });

    test("SIGTERM while the kernel starts leaves no kernel", async () => {
      const running = startCommand(argumentsOf(await write("1"), server));
      await vi.waitFor(async () => expect(await server.runningKernels()).not.toEqual([]), { ...limit, interval: 10 });
      running.kill("SIGTERM");
      expect((await running.ended).code).toBe(143);
    });

    test("a wrong token is refused in words that do not hold it", async () => {
      const tokenFile = join(folder, "wrong-token");
      await writeFile(tokenFile, "not-the-token");
      const { code, stderr } = await runCommand(argumentsOf(await write("1"), { ...server, tokenFile }));
      expect([code, stderr]).toEqual([2, expect.stringMatching(/refused the request \(40[13]\)/)]);
      expect(stderr).not.toContain("not-the-token");
    });

    test("a kernel that is not there is named, with those that are", async () => {
      const { code, stderr } = await runCommand([...argumentsOf(await write("1"), server), ...["--kernel", "fortran"]]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/is named "fortran"; these are there: .*cellscope/)]);
    });
  });
});

/** Passes a server on, so that a connection can be cut in its middle. */
async function startRelay(
  target: string,
): Promise<{ url: string; drop: () => void; opened: () => number; close: () => Promise<void> }> {
  const { port, pathname } = new URL(target);
  const sockets = new Set<Socket>();
  let opened = 0;
  const relay: Server = createServer((socket) => {
    const onward = connect(Number(port), "127.0.0.1");
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      // The other end is gone as well then.
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    socket.once("data", (chunk: Buffer) => {
      if (/^Upgrade: websocket/im.test(chunk.toString("latin1"))) opened++;
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const address = relay.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}${pathname}`,
    drop,
    opened: () => opened,
    close: async () => {
      drop();
      await new Promise((resolve) => relay.close(resolve));
    },
  };
}

test("a server that crashes in the middle of a cell ends the run, which keeps what there is", async () => {
  const server = await startJupyterServer();
  try {
    const mark = join(folder, "mark");
    const running = startCommand(argumentsOf(await write("1", untilStopped(mark)), server), { limit: 150_000 });
    await vi.waitFor(() => expect(existsSync(mark)).toBe(true), limit);
    server.kill();
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([138, expect.stringMatching(/KernelDied: The connection to .* was lost/)]);
    expect(await readOutputs()).toEqual([["1"], ["KernelDied"]]);
    expect(execFileSync("ps", ["-A", "-o", "pid="], { encoding: "utf8" }).split(/\s+/)).not.toContain(
      await readFile(mark, "utf8"),
    );
  } finally {
    await server.close();
  }
});

test.each([
  // The server interrupts the cell first: which of the two it hears of is a matter of the moment.
  [
    "ours answers",
    "cellscope",
    "typescript",
    /KernelShutDown: the kernel was shut down before|KernelDied: The kernel was shut down/,
  ],
  ["another one is silent", "python3", "python", /KernelDied: The kernel was shut down: .* is being stopped/],
])(
  "a server that is stopped in an orderly way ends the run, and is told as that: %s",
  async (_, name, language, told) => {
    const server = await startJupyterServer();
    try {
      const mark = join(folder, "mark");
      const path = join(folder, "in.ipynb");
      const python = `open(${JSON.stringify(mark)}, "w").close()\nimport time\ntime.sleep(600)`;
      const source = language === "python" ? python : untilStopped(mark);
      await writeFile(path, notebookOf(["1", source], { kernelspec: { name, language, display_name: name } }));
      const running = startCommand(argumentsOf(path, server), { limit: 150_000 });
      await vi.waitFor(() => expect(existsSync(mark)).toBe(true), limit);
      server.stop();
      const { code, stdout, stderr } = await running.ended;
      expect([code, stderr]).toEqual([138, expect.stringMatching(told)]);
      // The kernel itself has said that it ends.
      expect(stderr).not.toMatch(/may still run/);
      expect(stdout).toMatch(/^Cell 2 of 2 lost its kernel/m);
    } finally {
      await server.close();
    }
  },
);

test.skipIf(enterpriseGatewayIsMissing !== undefined)(
  "what a gateway has against a user is told in its own words",
  async () => {
    const server = await startEnterpriseGateway();
    try {
      const env = { KERNEL_USERNAME: "root" };
      const { code, stderr } = await runCommand(argumentsOf(await write("1"), server), { env });
      expect([code, stderr]).toEqual([
        138,
        expect.stringMatching(/\(403\), saying "User 'root' is not authorized to start kernel/),
      ]);
    } finally {
      await server.close();
    }
  },
);
