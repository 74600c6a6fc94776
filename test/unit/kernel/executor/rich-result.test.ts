import { inspect } from "node:util";
import { expect, test } from "vitest";
import { inspectSafely, renderValue } from "../../../../kernel/executor/rich-result.js";

const display = Symbol.for("Jupyter.display");
const plain = { [inspect.custom]: () => "shown" };

test.each([
  [1, "1"],
  ["text", "'text'"],
  [undefined, "undefined"],
  [{ a: [1, new Date(0)] }, "{ a: [ 1, 1970-01-01T00:00:00.000Z ] }"],
])("%j is shown as util.inspect prints it", async (value, text) => {
  expect(await renderValue(value)).toEqual({ "text/plain": text });
});

test("an object brings its own MIME types, also asynchronously, and also for text", async () => {
  const offered = { "text/plain": "own text", "text/html": "<b>x</b>", "application/json": { at: new Date(0) } };
  const expected = { ...offered, "application/json": { at: "1970-01-01T00:00:00.000Z" } };
  expect(await renderValue({ ...plain, [display]: () => offered })).toEqual(expected);
  expect(await renderValue({ ...plain, [display]: async () => offered })).toEqual(expected);
});

test("the method is called on the object, which may be a function", async () => {
  const chart = Object.assign(() => 1, {
    ...plain,
    title: "t",
    [display](this: { title: string }) {
      return { "text/html": this.title };
    },
  });
  expect(await renderValue(chart)).toEqual({ "text/plain": "shown", "text/html": "t" });
});

test("bytes cross as base64, and what cannot cross is left out", async () => {
  const bundle = { "image/png": Buffer.from("png"), "text/html": undefined, "text/x": () => 1 };
  expect(await renderValue({ ...plain, [display]: () => bundle })).toEqual({
    "text/plain": "shown",
    "image/png": "cG5n",
  });
});

test.each([["text"], [null], [5], [undefined]])("an offer of %j adds nothing", async (offer) => {
  expect(await renderValue({ ...plain, [display]: () => offer })).toEqual({ "text/plain": "shown" });
});

test.each([
  [
    "throws",
    () => {
      throw new Error("no data");
    },
    "Error: no data",
  ],
  ["rejects", () => Promise.reject(new Error("later")), "Error: later"],
  [
    "offers a circle",
    () => {
      const circle: unknown[] = [];
      circle.push(circle);
      return { "application/json": circle };
    },
    "TypeError: ",
  ],
  [
    "throws what has no text",
    () => {
      throw Object.create(null);
    },
    "unknown error",
  ],
])("a value whose display %s is shown with the reason", async (_name, show, reason) => {
  const { "text/plain": text } = await renderValue({ ...plain, [display]: show });
  expect(text).toContain(`shown\n[Jupyter.display failed: ${reason}`);
});

test("a value that cannot be inspected is told of", () => {
  expect(
    inspectSafely({
      [inspect.custom]: () => {
        throw new Error("private");
      },
    }),
  ).toBe("[object that cannot be inspected: Error: private]");
});
