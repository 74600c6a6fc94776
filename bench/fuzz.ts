// Throws what strangers may send at a kernel for a while, and sees whether it lives, answers, and keeps its cells to
// itself. Run by `npm run bench -- fuzz`; `--seconds N` says how long, `--seed N` repeats a run.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { Dealer } from "zeromq";
import { formatEndpoint } from "../kernel/protocol/connection-file.js";
import { type Content, createMessage, type Header, type Message } from "../kernel/protocol/messages.js";
import { SendQueue } from "../kernel/protocol/send-queue.js";
import { createSigner, formatFrames, parseFrames } from "../kernel/protocol/wire.js";
import { prepareConnection } from "../runner/connection.js";
import { KernelProcess } from "../runner/kernel-process.js";
import { ownKernel } from "../runner/own-kernel.js";

/** What a stranger tried. */
type Attack =
  | { readonly kind: "noise"; readonly frames: readonly Uint8Array[] }
  /** A message that was signed, and then had a bit changed, a frame left out, or one put twice. */
  | { readonly kind: "broken"; readonly how: "flip" | "drop" | "double"; readonly at: number; readonly bit: number }
  | { readonly kind: "forged" }
  | { readonly kind: "replayed" }
  /** Rightly signed, with anything in it: what a client that is mistaken sends. */
  | { readonly kind: "mistaken"; readonly msgType: string; readonly content: Content; readonly header: Content }
  /** Bytes that are no ZeroMQ, to any of the five ports. */
  | { readonly kind: "raw"; readonly port: number; readonly bytes: Uint8Array };

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "30" }, seed: { type: "string", default: String(Date.now() % 1e9) } },
});
const duration = positiveInteger("seconds", values.seconds) * 1000;
const seed = positiveInteger("seed", values.seed);

const answerLimit = 10_000;
const batchSize = 200;
// What a forged message would do, and what a message does that is meant: its count tells how often it ran.
const leak = "(globalThis as any).leaked = true;";
const meant = "(globalThis as any).meant = ((globalThis as any).meant ?? 0) + 1;";
const askWhatRan = '[(globalThis as any).leaked, (globalThis as any).meant].join(" ")';

// Not among them: what is meant to stop cells or the kernel, and would.
const msgTypes = [
  ...["complete_request", "inspect_request", "is_complete_request", "history_request", "kernel_info_request"],
  ...["comm_info_request", "comm_open", "comm_msg", "comm_close", "input_reply", "debug_request"],
  ...["create_subshell_request", "delete_subshell_request", "list_subshell_request", "usage_request", "nonsense"],
];
const fields = {
  code: fc.oneof(fc.string(), fc.jsonValue()),
  cursor_pos: fc.oneof(fc.integer(), fc.jsonValue()),
  detail_level: fc.jsonValue(),
  hist_access_type: fc.oneof(fc.constantFrom("tail", "range", "search"), fc.jsonValue()),
  n: fc.oneof(fc.integer(), fc.jsonValue()),
  session: fc.integer(),
  start: fc.integer(),
  pattern: fc.string(),
  comm_id: fc.oneof(fc.constantFrom("a", "b"), fc.jsonValue()),
  target_name: fc.oneof(fc.constantFrom("a", "b"), fc.jsonValue()),
  data: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
  subshell_id: fc.jsonValue(),
  value: fc.jsonValue(),
};
const bytes = fc.uint8Array({ maxLength: 300 });
const attacks: fc.Arbitrary<Attack> = fc.oneof(
  fc.record({ kind: fc.constant("noise"), frames: fc.array(bytes, { minLength: 1, maxLength: 8 }) }),
  fc.record({
    kind: fc.constant("broken"),
    how: fc.constantFrom("flip", "drop", "double"),
    at: fc.nat(),
    bit: fc.nat(7),
  }),
  fc.constant<Attack>({ kind: "forged" }),
  fc.constant<Attack>({ kind: "replayed" }),
  fc.record({
    kind: fc.constant("mistaken"),
    msgType: fc.constantFrom(...msgTypes),
    content: fc.record(fields, { requiredKeys: [] }),
    header: fc.record({ subshell_id: fc.jsonValue(), date: fc.string(), x: fc.jsonValue() }, { requiredKeys: [] }),
  }),
  fc.record({ kind: fc.constant("raw"), port: fc.nat(4), bytes }),
);

process.exitCode = await fuzz();

async function fuzz(): Promise<number> {
  const connection = await prepareConnection();
  const { info } = connection;
  const sign = createSigner(info);
  const forge = createSigner({ ...info, key: "another key" });
  const launch = ownKernel();
  process.env.CELLSCOPE_HISTORY = "off";
  const child = new KernelProcess(launch, connection.path, process.cwd());
  const options = { linger: 0, reconnectInterval: 5, sendHighWaterMark: 0, receiveHighWaterMark: 0 };
  const sockets = { shell: new Dealer(options), control: new Dealer(options), stdin: new Dealer(options) };
  const strangers = { shell: new Dealer(options), control: new Dealer(options), stdin: new Dealer(options) };
  const channels = ["shell", "control", "stdin"] as const;
  const waiting = new Map<string, (reply: Message) => void>();
  for (const channel of channels) {
    sockets[channel].connect(formatEndpoint(info, channel));
    strangers[channel].connect(formatEndpoint(info, channel));
    void listen(sockets[channel], (frames) => {
      const reply = parseFrames(frames, sign);
      waiting.get(String(reply.parent_header.msg_id))?.(reply);
    });
    void listen(strangers[channel], () => undefined);
  }
  const onError = (error: unknown) => console.error(`fuzz: sending failed: ${String(error)}`);
  const queueOf = (socket: Dealer) => new SendQueue((frames) => socket.send(frames), onError);
  const queues = { shell: queueOf(sockets.shell), control: queueOf(sockets.control), stdin: queueOf(sockets.stdin) };
  const thrown = {
    shell: queueOf(strangers.shell),
    control: queueOf(strangers.control),
    stdin: queueOf(strangers.stdin),
  };
  const create = (msgType: string, content: Content) => createMessage(msgType, content, { session: randomUUID() });

  const ask = async (channel: "shell" | "control", msgType: string, content: Content): Promise<Message> => {
    const message = create(msgType, content);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Message>((resolve, reject) => {
        waiting.set(message.header.msg_id, resolve);
        timer = setTimeout(() => reject(new Error(`no reply to ${msgType} in ${answerLimit} ms`)), answerLimit);
        void child.ended.then(({ reason, stderr }) => reject(new Error(`the kernel ended: ${reason}\n${stderr}`)));
        queues[channel].add(formatFrames(message, [], sign));
      });
    } finally {
      clearTimeout(timer);
      waiting.delete(message.header.msg_id);
    }
  };
  const execute = (code: string, expressions: Content = {}) =>
    ask("shell", "execute_request", { code, silent: false, user_expressions: expressions, stop_on_error: false });

  const meantFrames: Uint8Array[][] = [];
  const runMeant = async () => {
    const message = create("execute_request", { code: meant, stop_on_error: false });
    const frames = formatFrames(message, [], sign);
    const replied = new Promise<Message>((resolve) => waiting.set(message.header.msg_id, resolve));
    queues.shell.add(frames);
    meantFrames.push(frames);
    await replied;
  };

  const attempt = (attack: Attack, index: number): void => {
    const channel = channels[index % 3] ?? "shell";
    switch (attack.kind) {
      case "noise":
        thrown[channel].add([...attack.frames]);
        return;
      case "forged":
        thrown[channel].add(formatFrames(create("execute_request", { code: leak }), [], forge));
        return;
      case "replayed":
        thrown[channel].add(meantFrames[index % meantFrames.length] ?? []);
        return;
      case "broken":
        thrown[channel].add(breakFrames(formatFrames(create("execute_request", { code: leak }), [], sign), attack));
        return;
      case "mistaken": {
        const message = create(attack.msgType, attack.content);
        const header = { ...message.header, ...attack.header } as Header;
        thrown[channel].add(formatFrames({ ...message, header }, [], sign));
        return;
      }
      case "raw": {
        const port = Object.values(info.ports)[attack.port] ?? info.ports.shell;
        const socket = connect(port, info.ip, () => socket.end(attack.bytes));
        // The kernel hangs up on whoever does not speak ZeroMQ.
        socket.on("error", () => undefined);
        socket.setTimeout(answerLimit, () => socket.destroy());
      }
    }
  };

  let sent = 0;
  try {
    await child.started(launch);
    await runMeant();
    const before = await readRss(child.pid);
    const end = performance.now() + duration;
    for (let batch = 0; performance.now() < end; batch++) {
      const kinds = fc.sample(attacks, { numRuns: batchSize, seed: seed + batch });
      kinds.forEach(attempt);
      sent += kinds.length;
      await Promise.all([ask("control", "kernel_info_request", {}), ask("shell", "kernel_info_request", {})]);
      if (batch % 10 === 0) await runMeant();
    }
    const { content } = await execute("", { ran: askWhatRan });
    const ran = textOf(content);
    const expected = `' ${meantFrames.length}'`;
    const after = await readRss(child.pid);
    console.log(`seed ${seed}: ${sent} attacks; the kernel answers; RSS ${before} KiB before, ${after} KiB after`);
    if (ran === expected) return 0;
    console.error(`fuzz: something ran that was not meant, or did not run that was: ${ran}, expected ${expected}`);
    return 1;
  } catch (error) {
    console.error(
      `fuzz: seed ${seed}, after ${sent} attacks: ${error instanceof Error ? error.message : String(error)}`,
    );
    return 1;
  } finally {
    child.signal("SIGTERM");
    const killer = setTimeout(() => child.signal("SIGKILL"), 3000);
    await child.ended;
    clearTimeout(killer);
    for (const socket of [...Object.values(sockets), ...Object.values(strangers)]) socket.close();
    await connection.remove();
  }
}

function breakFrames(frames: readonly Uint8Array[], attack: Extract<Attack, { kind: "broken" }>): Uint8Array[] {
  const index = attack.at % frames.length;
  if (attack.how === "drop") return frames.toSpliced(index, 1);
  // A frame put twice at the end is a buffer, which Jupyter does not sign: everything else breaks the message.
  if (attack.how === "double") return frames.toSpliced(index % 5, 0, frames[index % 5] ?? new Uint8Array());
  const frame = Buffer.from(frames[index] ?? []);
  const at = attack.at % frame.length;
  frame[at] = (frame[at] ?? 0) ^ (1 << attack.bit);
  return frames.with(index, frame);
}

function textOf({ user_expressions: expressions }: Content): string {
  const { ran } = (expressions ?? {}) as { readonly ran?: { readonly data?: Readonly<Record<string, unknown>> } };
  return String(ran?.data?.["text/plain"]);
}

async function listen(socket: Dealer, take: (frames: readonly Uint8Array[]) => void): Promise<void> {
  for await (const frames of socket) take(frames);
}

async function readRss(pid: number | undefined): Promise<string> {
  if (process.platform !== "linux" || pid === undefined) return "unknown";
  return /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? "unknown";
}

function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`fuzz: --${name} must be a positive integer, got "${text}".`);
  process.exit(2);
}
