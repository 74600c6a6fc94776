import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type EchoKernel, startEchoKernel } from "../support/echo-kernel.js";

let echo: EchoKernel;

beforeEach(async () => {
  echo = await startEchoKernel();
});

afterEach(() => echo.close());

const control = { channel: "control" } as const;
const create = async () =>
  String((await echo.client.request("create_subshell_request", {}, control)).reply.content.subshell_id);
const list = async () => (await echo.client.request("list_subshell_request", {}, control)).reply.content.subshell_id;
const send = (code: string, subshell: string | null) => echo.client.send("execute_request", { code }, { subshell });

test("subshells are created, listed and deleted", async () => {
  const [first, second] = [await create(), await create()];
  expect(await list()).toEqual([first, second]);
  const { reply } = await echo.client.request("delete_subshell_request", { subshell_id: first }, control);
  expect(reply.content).toEqual({ status: "ok" });
  expect(await list()).toEqual([second]);
});

test("there is an end to the number of subshells", async () => {
  for (let count = 0; count < 1000; count++) await create();
  const { reply } = await echo.client.request("create_subshell_request", {}, control);
  expect(reply.content.evalue).toBe("There are too many subshells: delete some first.");
});

describe("a cell in a subshell", () => {
  test("does not wait for those of the main shell, and is answered in its name", async () => {
    const subshell = await create();
    const main = send("wait end", null);
    const beside = await echo.client.exchange(send("result 2", subshell));
    expect(beside.transcript).toEqual(["execute_input", "execute_result", "execute_reply:ok"]);
    expect(beside.reply.parent_header).toMatchObject({ subshell_id: subshell });
    echo.interpreter.release("end");
    expect((await echo.client.exchange(main)).reply.content.status).toBe("ok");
  });

  test("waits for those before it in the same subshell", async () => {
    const subshell = await create();
    const first = send("wait end", subshell);
    const second = send("print b", subshell);
    await echo.client.exchange(send("print main", null));
    expect(echo.interpreter.executed.map(({ code }) => code)).toEqual(["wait end", "print main"]);
    echo.interpreter.release("end");
    for (const msgId of [first, second]) await echo.client.exchange(msgId);
  });

  test("that fails aborts what waits in its subshell and nothing else", async () => {
    const subshell = await create();
    const main = [send("wait end", null), send("print b", null)];
    const failing = [send("wait go\nthrow no", subshell), send("print c", subshell)];
    await echo.client.request("kernel_info_request");
    echo.interpreter.release("go");
    const statusOf = async (msgId: string) => (await echo.client.exchange(msgId)).reply.content.status;
    expect([await statusOf(failing[0] ?? ""), await statusOf(failing[1] ?? "")]).toEqual(["error", "aborted"]);
    echo.interpreter.release("end");
    expect([await statusOf(main[0] ?? ""), await statusOf(main[1] ?? "")]).toEqual(["ok", "ok"]);
  });

  test("keeps the kernel busy when the main shell has ended", async () => {
    const subshell = await create();
    const beside = send("wait end", subshell);
    await echo.client.waitFor(({ content }) => content.code === "wait end");
    await echo.client.execute("print a");
    const info = await echo.client.request("kernel_info_request");
    expect(info.reply.content.status).toBe("ok");
    const last = () => echo.client.seen.filter(({ content }) => content.execution_state !== undefined).at(-1);
    await expect.poll(() => last()?.content.execution_state, { timeout: 10_000 }).toBe("busy");
    expect(last()?.parent_header.msg_id).toBe(beside);
    echo.interpreter.release("end");
    await echo.client.exchange(beside);
  });

  test("that waits when the subshell is deleted is aborted", async () => {
    const subshell = await create();
    const [running, waiting] = [send("wait end", subshell), send("print b", subshell)];
    await echo.client.request("kernel_info_request");
    await echo.client.request("delete_subshell_request", { subshell_id: subshell }, control);
    echo.interpreter.release("end");
    expect((await echo.client.exchange(running)).reply.content.status).toBe("ok");
    expect((await echo.client.exchange(waiting)).reply.content.status).toBe("aborted");
  });
});

describe("a subshell that does not exist", () => {
  test("is told by an error to whoever asks something of it", async () => {
    for (const msgType of ["execute_request", "kernel_info_request"]) {
      const sent = echo.client.send(msgType, { code: "print a" }, { subshell: "nowhere" });
      const { reply, transcript } = await echo.client.exchange(sent);
      expect(transcript).toEqual([msgType.replace("_request", "_reply:error")]);
      expect(reply.content.evalue).toBe('There is no subshell "nowhere".');
    }
    expect(echo.interpreter.executed).toEqual([]);
  });

  test("takes no comm message, which gets its idle", async () => {
    const msgId = echo.client.send("comm_msg", { comm_id: "c", data: {} }, { subshell: "nowhere" });
    await echo.client.waitFor(
      ({ parent_header, content }) => parent_header.msg_id === msgId && content.execution_state === "idle",
    );
    expect(echo.interpreter.delivered).toEqual([]);
    expect(echo.log).toEqual(['shell: "comm_msg" is for a subshell that does not exist']);
  });
});
