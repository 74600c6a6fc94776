import { expect, test } from "vitest";
import { type Comm, CommKeeper, type CommReceived } from "../../../../kernel/executor/comms.js";
import type { CommMessage } from "../../../../kernel/protocol/comm.js";

function setUp() {
  const sent: CommMessage[] = [];
  const failures: string[] = [];
  const keeper = new CommKeeper(
    (message) => sent.push(message),
    (text, error) => failures.push(`${text}: ${String(error)}`),
  );
  return { keeper, sent, failures };
}

const none = { metadata: {}, buffers: [] };
const opening = { kind: "open", commId: "c1", targetName: "t", data: { a: 1 }, ...none } as const;

test("a comm that a cell opens sends its messages with JSON and bytes", () => {
  const { keeper, sent } = setUp();
  const comm = keeper.open("t", { a: 1 });
  comm.send({ when: new Date(0), left: undefined }, { buffers: [new Uint16Array([1, 2]).subarray(1)] });
  comm.close();
  expect(sent).toEqual([
    { kind: "open", commId: comm.id, targetName: "t", data: { a: 1 }, ...none },
    {
      kind: "message",
      commId: comm.id,
      data: { when: "1970-01-01T00:00:00.000Z" },
      metadata: {},
      buffers: [new Uint8Array([2, 0])],
    },
    { kind: "close", commId: comm.id, data: {}, ...none },
  ]);
});

test("a comm that a front end opens goes to the target, and its messages to the listeners", () => {
  const { keeper, sent } = setUp();
  const heard: (readonly [string, CommReceived["data"]])[] = [];
  keeper.register("t", (comm, { data }) => {
    heard.push(["open", data]);
    comm.onMessage((received) => heard.push(["message", received.data]));
    comm.onClose((received) => heard.push(["close", received.data]));
  });
  keeper.receive(opening);
  keeper.receive({ kind: "message", commId: "c1", data: { b: 2 }, ...none });
  keeper.receive({ kind: "close", commId: "c1", data: { c: 3 }, ...none });
  keeper.receive({ kind: "message", commId: "c1", data: { d: 4 }, ...none });
  expect(heard).toEqual([
    ["open", { a: 1 }],
    ["message", { b: 2 }],
    ["close", { c: 3 }],
  ]);
  expect(sent).toEqual([]);
});

test("a comm for a target that nobody registered, or no longer, is closed", () => {
  const { keeper, sent } = setUp();
  const end = keeper.register("t", () => undefined);
  end();
  keeper.receive(opening);
  expect(sent).toEqual([{ kind: "close", commId: "c1", data: {}, ...none }]);
});

test("a handler that throws is reported and its comm closed; a listener that throws keeps it open", async () => {
  const { keeper, sent, failures } = setUp();
  const comms: Comm[] = [];
  keeper.register("bad", () => {
    throw new Error("no");
  });
  keeper.register("t", (comm) => {
    comms.push(comm);
    comm.onMessage(() => {
      throw new Error("one");
    });
    comm.onMessage(async () => {
      throw new Error("two");
    });
  });
  keeper.receive({ ...opening, commId: "c0", targetName: "bad" });
  keeper.receive(opening);
  keeper.receive({ kind: "message", commId: "c1", data: {}, ...none });
  await Promise.resolve();
  expect(failures).toEqual([
    "The comm target bad could not take a comm: Error: no",
    "A listener of the comm t failed: Error: one",
    "A listener of the comm t failed: Error: two",
  ]);
  expect(sent.map(({ kind, commId }) => [kind, commId])).toEqual([["close", "c0"]]);
  expect(comms[0]?.isOpen()).toBe(true);
});

test("what cannot be sent is refused where it is said", () => {
  const { keeper, sent } = setUp();
  const comm = keeper.open("t");
  expect(() => comm.send([1])).toThrow("The data of a comm message must be an object, got [1].");
  expect(() => comm.send({ big: 1n })).toThrow("BigInt");
  expect(() => comm.send({}, { buffers: ["x" as unknown as ArrayBuffer] })).toThrow("must be ArrayBuffers");
  expect(() => keeper.open("")).toThrow('A comm target must be a name, got "".');
  expect(() => keeper.register("t", 1 as unknown as () => void)).toThrow("got number");
  comm.close();
  comm.close();
  expect(() => comm.send({})).toThrow("The comm t is closed: nothing can be sent over it.");
  expect(sent.map(({ kind }) => kind)).toEqual(["open", "close"]);
});

test("a comm that could not be opened does not stay", () => {
  const { keeper, sent } = setUp();
  expect(() => keeper.open("t", { big: 1n })).toThrow("BigInt");
  expect(sent).toEqual([]);
});
