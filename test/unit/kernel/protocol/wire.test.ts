import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, expect, test } from "vitest";
import { createMessage } from "../../../../kernel/protocol/messages.js";
import { createSigner, formatFrames, parseFrames } from "../../../../kernel/protocol/wire.js";

const sign = createSigner({ key: "a key", signatureScheme: "hmac-sha256" });

const { timingSafeEqual } = crypto;
afterEach(() => compareBy(timingSafeEqual));

/** Has the whole process compare by `compare`, modules that have imported Node's own function by its name included. */
function compareBy(compare: typeof timingSafeEqual): void {
  crypto.timingSafeEqual = compare;
  syncBuiltinESMExports();
}

test("a message comes through frames as it was, with its way back and its buffers", () => {
  const parent = createMessage("execute_request", { code: "1" }, { session: "s" }).header;
  const message = {
    ...createMessage("comm_msg", { text: "größer 😀" }, { session: "k", parent, metadata: { a: 1 } }),
    buffers: [Buffer.from([0, 255]), Buffer.from("")],
  };
  const identities = [Buffer.from("one"), Buffer.from("two")];
  expect(parseFrames(formatFrames(message, identities, sign), sign)).toEqual({ ...message, identities });
});

test("the signature is the HMAC-SHA256 of the four JSON frames", () => {
  // printf '{}{}{}{}' | openssl dgst -sha256 -hmac 'a key'
  expect(sign(Array.from({ length: 4 }, () => Buffer.from("{}")))).toBe(
    "e2c27855d41353957c8555d30463a97e6a6ea497e6ebb3f7824503c3b64f2c0b",
  );
});

test("whether a signature is right is decided by a comparison in constant time, of the whole of it, and by nothing else", () => {
  const frames = formatFrames(createMessage("status", {}, { session: "s" }), [], sign);
  const right = Buffer.from(frames[1] ?? []);
  const compared: string[][] = [];
  const decide = (answer: boolean) =>
    compareBy((one, other) => {
      compared.push([one, other].map((bytes) => Buffer.from(bytes as Uint8Array).toString()));
      return answer;
    });
  const wrongAt = (index: number) => Buffer.from(right).fill("x", index, index + 1);
  const given = [right, wrongAt(0), wrongAt(right.length - 1)];
  decide(true);
  for (const signature of given) parseFrames(frames.with(1, signature), sign);
  decide(false);
  for (const signature of given) {
    expect(() => parseFrames(frames.with(1, signature), sign)).toThrow("the signature is wrong");
  }
  const pairs = given.map((signature) => [signature.toString(), right.toString()]);
  expect(compared).toEqual([...pairs, ...pairs]);
});

test("a scheme with another hash signs with that hash", () => {
  const signature = createSigner({ key: "a key", signatureScheme: "hmac-sha512" })([Buffer.from("{}")]);
  expect(signature).toHaveLength(128);
});

test("a connection without a key takes any signature and writes none", () => {
  const unsigned = createSigner({ key: "", signatureScheme: "hmac-sha256" });
  const message = createMessage("status", {}, { session: "s" });
  const frames = formatFrames(message, [], unsigned);
  expect(Buffer.from(frames[1] ?? []).toString()).toBe("");
  expect(parseFrames(frames.with(1, Buffer.from("whatever")), unsigned)).toEqual({ ...message, identities: [] });
});

test("the date is ISO 8601 in UTC, and every message has an id of its own", () => {
  const [a, b] = [1, 2].map(() => createMessage("status", {}, { session: "s" }).header);
  expect(a?.date).toBe(new Date(a?.date ?? "").toISOString());
  expect(a?.msg_id).not.toBe(b?.msg_id);
});

test("a header with only an id and a type is taken", () => {
  const parts = ['{"msg_id":"m","msg_type":"x"}', "{}", "{}", "{}"].map((part) => Buffer.from(part));
  const frames = [Buffer.from("<IDS|MSG>"), Buffer.from(sign(parts)), ...parts];
  expect(parseFrames(frames, sign).header).toEqual({
    msg_id: "m",
    msg_type: "x",
    session: "",
    username: "",
    date: "",
    version: "",
  });
});
