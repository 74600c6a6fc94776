// What strangers may send, made at random: a failure prints the input and the seed that makes it again.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ConnectionFileError,
  formatConnectionFile,
  parseConnectionFile,
} from "../../../../kernel/protocol/connection-file.js";
import { encodeFrame, FrameReader } from "../../../../kernel/protocol/frames.js";
import { createMessage } from "../../../../kernel/protocol/messages.js";
import { ReplayGuard } from "../../../../kernel/protocol/replay-guard.js";
import { createSigner, formatFrames, parseFrames } from "../../../../kernel/protocol/wire.js";

const sign = createSigner({ key: "a key", signatureScheme: "hmac-sha256" });
const bytes = fc.uint8Array({ maxLength: 200 });
const content = fc.dictionary(fc.string(), fc.jsonValue());

const message = fc
  .record({
    msgType: fc.string({ minLength: 1 }),
    content,
    metadata: content,
    buffers: fc.array(bytes, { maxLength: 3 }),
  })
  .map(({ msgType, ...rest }) => createMessage(msgType, rest.content, { session: "s", ...rest }));

/** The name of what is thrown; `undefined` when nothing is. */
function nameOfThrown(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

describe("frames", () => {
  test("of any message come back as it was", () => {
    fc.assert(
      fc.property(message, fc.array(bytes, { maxLength: 2 }), (sent, identities) => {
        const parsed = parseFrames(formatFrames(sent, identities, sign), sign);
        // JSON has no -0 and no undefined.
        expect(parsed.content).toEqual(JSON.parse(JSON.stringify(sent.content).replace(/\\ud[89a-f]../g, "\ufffd")));
        expect(parsed.header).toEqual(sent.header);
        expect(parsed.buffers.map((buffer) => [...buffer])).toEqual(sent.buffers.map((buffer) => [...buffer]));
        expect(parsed.identities).toEqual(identities);
      }),
    );
  });

  test("of any bytes are refused by an error of ours, and by no other", () => {
    const delimiter = fc.constant(new Uint8Array(Buffer.from("<IDS|MSG>")));
    fc.assert(
      fc.property(fc.array(fc.oneof(bytes, delimiter), { maxLength: 9 }), (frames) => {
        expect(nameOfThrown(() => parseFrames(frames, sign))).toBe("WireError");
      }),
    );
  });

  test("that are signed rightly, whatever is in them, are read or refused by an error of ours", () => {
    const part = fc.oneof(
      fc.json().map((text) => Buffer.from(text)),
      bytes,
    );
    fc.assert(
      fc.property(fc.tuple(part, part, part, part), (parts) => {
        const frames = [Buffer.from("<IDS|MSG>"), Buffer.from(sign(parts)), ...parts];
        expect([undefined, "WireError"]).toContain(nameOfThrown(() => parseFrames(frames, sign)));
      }),
    );
  });

  test("in which any bit of what is signed was changed are refused", () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(), fc.nat(7), (sent, frame, at, bit) => {
        const frames = formatFrames(sent, [], sign).map((part) => Buffer.from(part));
        // The signature and the four texts; what follows are buffers, which Jupyter does not sign.
        const changed = frames[1 + (frame % 5)] ?? Buffer.alloc(0);
        const index = at % changed.length;
        changed[index] = (changed[index] ?? 0) ^ (1 << bit);
        expect(nameOfThrown(() => parseFrames(frames, sign))).toBe("WireError");
      }),
    );
  });

  test("that come a second time are refused", () => {
    fc.assert(
      fc.property(message, (sent) => {
        const replays = new ReplayGuard();
        const frames = formatFrames(sent, [], sign);
        expect(nameOfThrown(() => parseFrames(frames, sign, replays))).toBeUndefined();
        expect(nameOfThrown(() => parseFrames(frames, sign, replays))).toBe("WireError");
      }),
    );
  });
});

describe("a connection file", () => {
  const fields = {
    shell_port: fc.oneof(fc.integer(), fc.jsonValue()),
    iopub_port: fc.integer({ min: 1, max: 65535 }),
    stdin_port: fc.integer({ min: 1, max: 65535 }),
    control_port: fc.integer({ min: 1, max: 65535 }),
    hb_port: fc.integer({ min: 1, max: 65535 }),
    ip: fc.oneof(fc.constant("127.0.0.1"), fc.jsonValue()),
    key: fc.oneof(fc.string(), fc.jsonValue()),
    transport: fc.oneof(fc.constantFrom("tcp", "ipc"), fc.jsonValue()),
    signature_scheme: fc.oneof(fc.constant("hmac-sha256"), fc.string(), fc.jsonValue()),
  };

  test.each([
    ["of any text", fc.string()],
    ["of any JSON", fc.json()],
    [
      "of the right fields with anything in them",
      fc.record(fields, { requiredKeys: [] }).map((file) => JSON.stringify(file)),
    ],
  ])("%s is read, and then written the same, or refused by an error of ours", (_name, text) => {
    fc.assert(
      fc.property(text, (file) => {
        try {
          const connection = parseConnectionFile(file, "c.json");
          expect(parseConnectionFile(formatConnectionFile(connection), "c.json")).toEqual(connection);
        } catch (error) {
          if (!(error instanceof ConnectionFileError)) throw error;
          expect(error.message).toContain("c.json");
        }
      }),
    );
  });
});

test("values that arrive in chunks of any size come back as they were", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 50 })),
      (values, sizes) => {
        const stream = Buffer.concat(values.map((value) => encodeFrame(value)));
        const reader = new FrameReader();
        const received: unknown[] = [];
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          received.push(...reader.push(stream.subarray(at, at + size)));
          at += size;
        }
        expect(received).toEqual(values);
      },
    ),
  );
});
