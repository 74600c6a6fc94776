import { expect, test } from "vitest";
import { SendQueue } from "../../../../kernel/protocol/send-queue.js";

test("sends one message at a time, in order, and goes on after a failure", async () => {
  const sent: string[] = [];
  const errors: unknown[] = [];
  let atOnce = 0;
  const send = async ([frame]: Uint8Array[]) => {
    expect(++atOnce).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce--;
    const text = Buffer.from(frame ?? []).toString();
    if (text === "bad") throw new Error("no");
    sent.push(text);
  };
  const queue = new SendQueue(send, (error) => errors.push(error));
  for (const text of ["a", "bad", "b", "c"]) queue.add([Buffer.from(text)]);
  await queue.flushed();
  expect(sent).toEqual(["a", "b", "c"]);
  expect(errors).toEqual([new Error("no")]);
});
