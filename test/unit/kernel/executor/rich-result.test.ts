import { inspect } from "node:util";
import { expect, test } from "vitest";
import { inspectSafely, renderValue } from "../../../../kernel/executor/rich-result.js";

/** The bundle of a value, which no warning may go with. */
const render = (value: unknown) =>
  renderValue(value, (line) => {
    throw new Error(line);
  });

/** What a value is shown as, and the warnings. */
const renderWarned = async (value: unknown) => {
  const warnings: string[] = [];
  const bundle = await renderValue(value, (line) => warnings.push(line));
  return { bundle, warnings };
};

const display = Symbol.for("Jupyter.display");
const plain = { [inspect.custom]: () => "shown" };

test.each([
  [1, "1"],
  ["text", "'text'"],
  [undefined, "undefined"],
  [{ a: [1, new Date(0)] }, "{ a: [ 1, 1970-01-01T00:00:00.000Z ] }"],
])("%j is shown as util.inspect prints it", async (value, text) => {
  expect(await render(value)).toEqual({ "text/plain": text });
});

test("an object brings its own MIME types, also asynchronously, and also for text", async () => {
  const offered = { "text/plain": "own text", "text/html": "<b>x</b>", "application/json": { at: new Date(0) } };
  const expected = { ...offered, "application/json": { at: "1970-01-01T00:00:00.000Z" } };
  expect(await render({ ...plain, [display]: () => offered })).toEqual(expected);
  expect(await render({ ...plain, [display]: async () => offered })).toEqual(expected);
});

test("the method is called on the object, which may be a function", async () => {
  const chart = Object.assign(() => 1, {
    ...plain,
    title: "t",
    [display](this: { title: string }) {
      return { "text/html": this.title };
    },
  });
  expect(await render(chart)).toEqual({ "text/plain": "shown", "text/html": "t" });
});

test("bytes cross as base64, and what cannot cross is left out", async () => {
  const bundle = { "image/png": Buffer.from("png"), "text/html": undefined, "text/x": () => 1 };
  expect(await render({ ...plain, [display]: () => bundle })).toEqual({
    "text/plain": "shown",
    "image/png": "cG5n",
  });
});

test.each([["text"], [null], [5], [undefined]])("an offer of %j adds nothing", async (offer) => {
  expect(await render({ ...plain, [display]: () => offer })).toEqual({ "text/plain": "shown" });
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
])("a value whose display %s is shown as text, with a warning", async (_name, show, reason) => {
  const { bundle, warnings } = await renderWarned({ ...plain, [display]: show });
  expect(bundle).toEqual({ "text/plain": "shown" });
  expect(warnings).toEqual([
    expect.stringContaining(`Jupyter.display failed, so the value is shown without it: ${reason}`),
  ]);
});

test("entries that notebooks cannot hold are left out, each with a warning", async () => {
  const offered = { "text/html": 5, html: "<b>x</b>", "image/svg+xml": Buffer.from("<svg/>") };
  expect(await renderWarned({ ...plain, [display]: () => offered })).toEqual({
    bundle: { "text/plain": "shown", "image/svg+xml": "<svg/>" },
    warnings: [
      "Jupyter.display offers what cannot be shown: text/html must be a string or a Uint8Array, got number.",
      'Jupyter.display offers what cannot be shown: "html" is no MIME type such as "text/html".',
    ],
  });
});

test("an object that makes up a function for every name is not asked", async () => {
  const remote = new Proxy({}, { get: () => () => "<b>anything</b>" });
  expect(await render(remote)).toEqual({ "text/plain": expect.any(String) });
});

test.each([
  ["toHTML()", { ...plain, toHTML: () => "<b>x</b>" }],
  ["an asynchronous toHTML()", { ...plain, toHTML: async () => "<b>x</b>" }],
  ["outerHTML", { ...plain, outerHTML: "<b>x</b>" }],
])("an object with %s is shown as HTML", async (_name, value) => {
  expect(await render(value)).toEqual({ "text/plain": "shown", "text/html": "<b>x</b>" });
});

test("what fails leaves the other forms their chance", async () => {
  const value = {
    ...plain,
    get outerHTML(): string {
      throw new Error("detached");
    },
    toHTML: () => "<b>x</b>",
  };
  expect(await renderWarned(value)).toEqual({
    bundle: { "text/plain": "shown", "text/html": "<b>x</b>" },
    warnings: ["element failed, so the value is shown without it: Error: detached"],
  });
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
