import { expect, test } from "vitest";
import { encodeStreamFrame } from "../../../../kernel/executor/stream-frame.js";
import { FrameReader } from "../../../../kernel/protocol/frames.js";

test.each([
  ["a line", "a line\n"],
  ["nothing", ""],
  ["127 and 128 characters", `${"a".repeat(127)}\n`],
  ["Latin-1", "größer\n"],
  ["other scripts and pairs of surrogates", "日本語 😀\n"],
  ["half a pair", "\ud83d"],
  ["zero bytes", "a\0b"],
  ["the longest text", "x".repeat(16 * 1024)],
  ["the longest text in two bytes", "é".repeat(16 * 1024)],
])("%s is read as it was written", (_name, text) => {
  for (const name of ["stdout", "stderr"] as const) {
    for (const id of [0, 1, 63, 64, 8191, 8192, 1_000_000_000]) {
      const frame = encodeStreamFrame(id, name, text);
      expect(frame && new FrameReader().push(frame)).toEqual([{ type: "stream", id, name, text }]);
    }
  }
});

test("frames that follow each other are told apart", () => {
  const reader = new FrameReader();
  const texts = ["first\n", "zweitens: größer\n", "third\n"].map((text) => {
    const frame = encodeStreamFrame(1, "stdout", text);
    return frame && reader.push(Buffer.from(frame));
  });
  expect(texts.flat()).toMatchObject([{ text: "first\n" }, { text: "zweitens: größer\n" }, { text: "third\n" }]);
});

test("longer text is left to V8", () => {
  expect(encodeStreamFrame(1, "stdout", "x".repeat(16 * 1024 + 1))).toBeUndefined();
});
