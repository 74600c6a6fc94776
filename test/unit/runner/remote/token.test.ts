import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readToken } from "../../../../runner/remote/token.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellscope-token-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("the token of a file stands above that of the environment, and its line end is no part of it", async () => {
  const path = join(folder, "token");
  await writeFile(path, "sesame\n");
  expect(await readToken(path, { JUPYTER_TOKEN: "other" })).toBe("sesame");
  expect(await readToken(undefined, { JUPYTER_TOKEN: "other" })).toBe("other");
  expect(await readToken(undefined, {})).toBe("");
});

test.each([
  ["\n", /is empty/],
  ["open sesame\n", /must hold one token/],
  ["sesame\nsesame\n", /must hold one token/],
])("a token file with %j is refused in words that do not hold what stands there", async (text, message) => {
  const path = join(folder, "token");
  await writeFile(path, text);
  await expect(readToken(path, {})).rejects.toThrow(message);
  await expect(readToken(path, {})).rejects.not.toThrow(/sesame/);
});

test("a token file that is not there is named", async () => {
  await expect(readToken(join(folder, "none"), {})).rejects.toThrow(/none cannot be read: ENOENT/);
});
