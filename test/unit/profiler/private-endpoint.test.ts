import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPrivateEndpoint } from "../../../profiler/private-endpoint.js";

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "cs-test-"));
});
afterEach(() => rm(base, { recursive: true }));

const pathOf = (address: string) => address.replace("ipc://", "");

describe.skipIf(process.platform === "win32")("a private endpoint", () => {
  test("is in a folder that only its owner may enter, and goes with it", async () => {
    const { address, remove } = await createPrivateEndpoint("x", [base]);
    expect((await stat(dirname(pathOf(address)))).mode & 0o777).toBe(0o700);
    await remove();
    expect(await readdir(base)).toEqual([]);
  });

  test("takes away those that nobody listens at any more, and no others", async () => {
    const [used, left, fresh] = await Promise.all(
      ["used", "left", "fresh"].map((name) => createPrivateEndpoint(name, [base])),
    );
    const server = createServer().listen(pathOf(used?.address ?? ""));
    await once(server, "listening");
    // A socket whose process was killed: the file is there, and nobody behind it.
    const program = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", program, pathOf(left?.address ?? "")]);
    const last = await createPrivateEndpoint("last", [base]);
    const expected = [used, fresh, last].map((each) => dirname(pathOf(each?.address ?? "")));
    expect((await readdir(base)).map((name) => join(base, name)).sort()).toEqual(expected.sort());
    server.close();
  });

  test("is in the next place when there is none in the first, or the path is too long", async () => {
    const long = join(base, "x".repeat(100));
    const { address } = await createPrivateEndpoint("x", [join(base, "nowhere"), long, base]);
    expect(dirname(dirname(pathOf(address)))).toBe(base);
    await expect(createPrivateEndpoint("x", [join(base, "nowhere")])).rejects.toThrow(
      /^There is no place for a private socket: Error: ENOENT/,
    );
    await expect(createPrivateEndpoint("x", [long])).rejects.toThrow("no path of at most 103 bytes");
  });
});
