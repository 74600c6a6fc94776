import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Client, SeenMessage } from "../support/client.js";
import { type EchoKernel, startEchoKernel } from "../support/echo-kernel.js";

let echo: EchoKernel;

beforeEach(async () => {
  echo = await startEchoKernel();
});

afterEach(() => echo.close());

/** Runs a cell that asks, and returns its id and what it asked. */
async function ask(code: string, client: Client = echo.client): Promise<readonly [string, SeenMessage]> {
  const cell = client.send("execute_request", { code, allow_stdin: true });
  const question = await client.waitFor(
    ({ header, parent_header }) => header.msg_type === "input_request" && parent_header.msg_id === cell,
  );
  return [cell, question];
}

describe("a cell that asks", () => {
  test.each([
    ["ask Name? ", { prompt: "Name? ", password: false }],
    ["ask-password Password: ", { prompt: "Password: ", password: true }],
  ])("by %j sends %j on stdin and gets the answer", async (code, content) => {
    const [cell, question] = await ask(code);
    expect([question.channel, question.content]).toEqual(["stdin", content]);
    echo.client.answer("seven", question);
    expect((await echo.client.exchange(cell)).stdout).toBe("seven");
  });

  test("is answered also by a client that does not say what it answers", async () => {
    const [cell] = await ask("ask a");
    echo.client.answer("seven");
    expect((await echo.client.exchange(cell)).stdout).toBe("seven");
  });

  test("has shown what it printed before", async () => {
    const [cell, question] = await ask("print before\nask a");
    // The two come by different sockets: what counts is which one the kernel sent first.
    const printed = await echo.client.waitFor(({ content }) => content.text === "before");
    expect(printed.header.date <= question.header.date).toBe(true);
    echo.client.answer("x", question);
    await echo.client.exchange(cell);
  });

  test("hears of the end of the input by Ctrl-D", async () => {
    const [cell, question] = await ask("ask a");
    echo.client.answer("\u0004", question);
    expect((await echo.client.exchange(cell)).stdout).toBe("null");
  });

  test("cannot ask a front end that takes no questions", async () => {
    for (const fields of [{ allow_stdin: false }, { allow_stdin: undefined }]) {
      expect((await echo.client.execute("ask a", fields)).stdout).toBe("no input");
    }
    expect(echo.client.seen.filter(({ channel }) => channel === "stdin")).toEqual([]);
  });
});

describe("an answer is dropped and logged", () => {
  const dropped = 'stdin: "input_reply" came, and nothing had been asked';

  test("when it is no text", async () => {
    const [cell, question] = await ask("ask a");
    echo.client.answer(7, question);
    await expect.poll(() => echo.log, { timeout: 10_000 }).toEqual([dropped]);
    echo.client.answer("x", question);
    expect((await echo.client.exchange(cell)).stdout).toBe("x");
  });

  test("when the question was answered before", async () => {
    const [cell, question] = await ask("ask a");
    echo.client.answer("x", question);
    await echo.client.exchange(cell);
    echo.client.answer("y", question);
    await expect.poll(() => echo.log, { timeout: 10_000 }).toEqual([dropped]);
  });

  test("when it comes from a client that was not asked and does not say what it answers", async () => {
    const second = await echo.connect();
    const [cell, question] = await ask("ask a");
    second.answer("y");
    await expect.poll(() => echo.log, { timeout: 10_000 }).toEqual([dropped]);
    echo.client.answer("x", question);
    expect((await echo.client.exchange(cell)).stdout).toBe("x");
  });
});

test("a question is put to the client whose cell it is", async () => {
  const second = await echo.connect();
  const [cell, question] = await ask("ask a", second);
  expect(echo.client.seen.filter(({ channel }) => channel === "stdin")).toEqual([]);
  second.answer("x", question);
  expect((await second.exchange(cell)).stdout).toBe("x");
});
