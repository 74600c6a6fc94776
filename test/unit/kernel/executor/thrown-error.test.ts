import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { SourceMaps } from "../../../../kernel/executor/source-maps.js";
import { describeThrown } from "../../../../kernel/executor/thrown-error.js";

const sourceMaps = new SourceMaps();
const describeOne = (thrown: unknown) => describeThrown(thrown, sourceMaps);
const withStack = <E extends Error>(error: E, ...lines: readonly string[]): E =>
  Object.assign(error, {
    stack: [`${error.name}: ${error.message}`, ...lines.map((line) => `    at ${line}`)].join("\n"),
  });

test("frames are read from the stack, whatever their form", () => {
  const error = withStack(
    new TypeError("no\nat all (In[9]:1:1)"),
    "load (In[3]:6:9)",
    "async Object.read [as go] (/books/lib.ts:2:3)",
    "new Rows (file:///books/a%20b.mjs:4:5)",
    "async In[4]:1:7",
    "Array.map (<anonymous>)",
    "node:internal/timers:5:6",
  );
  expect(describeOne(error)).toEqual({
    name: "TypeError",
    message: "no\nat all (In[9]:1:1)",
    frames: [
      { functionName: "load", file: "In[3]", line: 6, column: 9 },
      { functionName: "Object.read [as go]", file: "/books/lib.ts", line: 2, column: 3 },
      { functionName: "new Rows", file: "/books/a b.mjs", line: 4, column: 5 },
      { file: "In[4]", line: 1, column: 7 },
      { file: "node:internal/timers", line: 5, column: 6 },
    ],
  });
});

test("frames of scripts that cells have made themselves are kept", () => {
  const error = withStack(
    new Error("m"),
    "evalmachine.<anonymous>:1:6",
    "go (my-script.js:2:3)",
    "Array.map (<anonymous>)",
  );
  expect(describeOne(error).frames).toEqual([
    { file: "evalmachine.<anonymous>", line: 1, column: 6 },
    { functionName: "go", file: "my-script.js", line: 2, column: 3 },
  ]);
});

test("what an error has beside its name, message and stack is told", () => {
  const error = Object.assign(withStack(new Error("m")), { code: "ENOENT", errno: -2, cause: "why", name: "Odd" });
  expect(describeOne(error)).toMatchObject({ name: "Odd", properties: "{ code: 'ENOENT', errno: -2 }" });
  expect(describeOne(withStack(new Error("m")))).not.toHaveProperty("properties");
  const itself = withStack(new Error("m"));
  expect(describeOne(Object.assign(itself, { error: itself }))).not.toHaveProperty("properties");
});

test("properties that refuse to be looked at, or are long, do not hide the error", () => {
  const refuses = {
    [inspect.custom]: () => {
      throw new Error("no");
    },
  };
  expect(describeOne(Object.assign(withStack(new Error("m")), { refuses }))).toEqual({
    name: "Error",
    message: "m",
    frames: [],
  });
  const long = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`key${at}`, "x".repeat(100)]));
  expect(describeOne(Object.assign(withStack(new Error("m")), long)).properties).toHaveLength(2001);
});

test("a module that does not compile has its place, also when a URL names it", () => {
  const error = new SyntaxError("Unexpected token");
  error.stack = "file:///books/a%20b.mjs:2\n  let let = 2;\n      ^^^\n\nSyntaxError: Unexpected token";
  expect(describeOne(error).frames).toEqual([{ file: "/books/a b.mjs", line: 2, column: 7 }]);
});

test("a script that does not compile has the place that V8 writes above the message", () => {
  const error = new SyntaxError("Unexpected token");
  error.stack = "In[5]:2\n  let let = 2;\n      ^^^\n\nSyntaxError: Unexpected token\n    at new Script (node:vm:1:2)";
  expect(describeOne(error).frames[0]).toEqual({ file: "In[5]", line: 2, column: 7 });
});

test.each([
  ["its own", Object.assign(new Error("m"), { name: "Custom" }), "Custom"],
  ["that of its class", new (class NotFound extends Error {})("m"), "NotFound"],
  ["Error when the class has none", new (class extends Error {})("m"), "Error"],
  ["that of another realm's error", runInNewContext("new RangeError('m')"), "RangeError"],
  ["Error when it is no text", Object.assign(new Error("m"), { name: 5 }), "Error"],
])("an error's name is %s", (_name, error, expected) => {
  expect(describeOne(error)).toMatchObject({ name: expected, message: "m" });
});

test.each([
  [undefined, "undefined"],
  [null, "null"],
  ["text", "'text'"],
  [{ code: 1 }, "{ code: 1 }"],
  [new Proxy(new Error("in a proxy"), {}), expect.stringContaining("in a proxy")],
  [
    Object.create(
      new Proxy(
        {},
        {
          getPrototypeOf: () => {
            throw new Error("no");
          },
        },
      ),
    ),
    expect.any(String),
  ],
])("%j is told to be no error", (thrown, message) => {
  expect(describeOne(thrown)).toEqual({ name: "Thrown", message, frames: [], notAnError: true });
});

test("getters that throw have nothing to tell", () => {
  const error = new Error("m");
  // The stack first: V8 asks for the name and the message to write it.
  for (const key of ["stack", "name", "message", "cause", "errors"]) {
    Object.defineProperty(error, key, {
      get: () => {
        throw new Error(key);
      },
    });
  }
  expect(describeOne(error)).toEqual({ name: "Error", message: "", frames: [] });
});

test("a message that is no text is inspected", () => {
  expect(describeOne(Object.assign(new Error(), { message: { a: 1 } })).message).toBe("{ a: 1 }");
});

test("causes in a circle end", () => {
  const first = withStack(new Error("first"));
  const second = withStack(new Error("second", { cause: first }));
  first.cause = second;
  expect(describeOne(first)).toEqual({
    name: "Error",
    message: "first",
    frames: [],
    cause: { name: "Error", message: "second", frames: [] },
  });
});

test("a long chain of causes is cut", () => {
  let error = new Error("0");
  for (let i = 1; i < 100; i++) error = new Error(String(i), { cause: error });
  let depth = 0;
  for (let at: ReturnType<typeof describeOne> | undefined = describeOne(error); at; at = at.cause) depth += 1;
  expect(depth).toBe(8);
});

test("many members are cut, and an aggregate that contains itself ends", () => {
  const error = withStack(new AggregateError([], "all"));
  error.errors = [error, ...Array.from({ length: 50 }, (_, i) => i)];
  expect(describeOne(error).errors?.map(({ message }) => message)).toEqual(
    Array.from({ length: 10 }, (_, i) => String(i)),
  );
});
