import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Backlog } from "../../../kernel/backlog.js";
import { PatientSender, type PublishingSocket } from "../../../kernel/patient-sender.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A socket with one subscriber, which takes what there is room for. */
class OneSubscriber implements PublishingSocket {
  closed = false;
  noDrop = true;
  room = 0;
  missed = 0;
  readonly taken: string[] = [];

  readonly send = async ([frame]: Uint8Array[]): Promise<void> => {
    if (this.room > 0) {
      this.room -= 1;
      this.taken.push(String(frame));
    } else if (this.noDrop) throw Object.assign(new Error("full"), { code: "EAGAIN" });
    else this.missed += 1;
  };
}

const frames = (text: string) => [Buffer.from(text)];

test("a subscriber that reads slowly is waited for", async () => {
  const socket = new OneSubscriber();
  const sender = new PatientSender(socket, () => undefined);
  let isSent = false;
  const sending = sender.send(frames("one")).then(() => {
    isSent = true;
  });
  await vi.advanceTimersByTimeAsync(9000);
  expect(isSent).toBe(false);
  socket.room = 1;
  await vi.advanceTimersByTimeAsync(100);
  await sending;
  expect([socket.taken, socket.missed]).toEqual([["one"], 0]);
});

test("one that takes nothing for 10 s misses messages, is told of once, and is served again when it reads", async () => {
  const socket = new OneSubscriber();
  const log: string[] = [];
  const sender = new PatientSender(socket, (line) => log.push(line));
  const send = async (text: string, within: number) => {
    const sending = sender.send(frames(text));
    await vi.advanceTimersByTimeAsync(within);
    await sending;
  };
  await send("one", 11_000);
  await send("two", 0);
  await vi.advanceTimersByTimeAsync(30_000);
  // Looked at again, and not for as long.
  await send("three", 200);
  expect([socket.missed, log]).toEqual([3, [expect.stringContaining("has taken nothing for 10 s")]]);
  await vi.advanceTimersByTimeAsync(30_000);
  socket.room = 1;
  await send("four", 0);
  expect([socket.taken, socket.noDrop]).toEqual([["four"], true]);
});

test("while one misses messages, those who read miss none, however many come", async () => {
  const queue = 250;
  let waiting = 0;
  let missed = 0;
  let stalled = 0;
  const socket = {
    closed: false,
    noDrop: true,
    send: async () => {
      if (socket.noDrop && (stalled === queue || waiting === queue))
        throw Object.assign(new Error(), { code: "EAGAIN" });
      stalled = Math.min(queue, stalled + 1);
      if (waiting === queue) missed += 1;
      else waiting += 1;
    },
  };
  const reading = setInterval(() => {
    waiting = Math.max(0, waiting - 1);
  }, 15);
  const sender = new PatientSender(socket, () => undefined);
  let sent = 0;
  const flood = (async () => {
    for (; sent < 3000; sent += 1) await sender.send(frames("line"));
  })();
  await vi.advanceTimersByTimeAsync(90_000);
  clearInterval(reading);
  await flood;
  expect([sent, missed, socket.noDrop]).toEqual([3000, 0, false]);
});

test("what is left is not sent over a socket that was closed", async () => {
  const socket = new OneSubscriber();
  const sending = new PatientSender(socket, () => undefined).send(frames("one"));
  socket.closed = true;
  await vi.advanceTimersByTimeAsync(100);
  await sending;
});

test("other failures are not waited for", async () => {
  const socket = new OneSubscriber();
  const broken = { ...socket, send: () => Promise.reject(new Error("broken")) };
  await expect(new PatientSender(broken, () => undefined).send(frames("one"))).rejects.toThrow("broken");
});

test("a backlog is told when it becomes too large, and when little of it is left", () => {
  const told: boolean[] = [];
  const backlog = new Backlog((isFull) => told.push(isFull));
  const mebibyte = [Buffer.alloc(1024 * 1024)];
  for (let count = 0; count < 3; count += 1) backlog.add(mebibyte);
  expect(told).toEqual([]);
  for (let count = 0; count < 3; count += 1) backlog.add(mebibyte);
  expect(told).toEqual([true]);
  for (let count = 0; count < 4; count += 1) backlog.take(mebibyte);
  expect(told).toEqual([true]);
  backlog.take(mebibyte);
  expect(told).toEqual([true, false]);
});
