import { expect, test } from "vitest";
import { type WorkerMessage, workerCourseOf } from "../../../profiler/worker-use.js";

const heap = (bytes: number) => ({ heapTotal: bytes, heapUsed: bytes / 2, external: 10, arrayBuffers: 5 });
const messages: readonly WorkerMessage[] = [
  { change: { id: "1", time: 0, found: { name: "early", url: "file:///work%20er.js" } } },
  { ready: true },
  { reading: { id: "1", time: 1, ...heap(100), cpu: 7 } },
  { change: { id: "2", time: 20, found: { name: "", url: "" } } },
  { reading: { id: "2", time: 22, ...heap(1000), cpu: 3 } },
  { reading: { id: "1", time: 25, ...heap(300), cpu: 9 } },
  { change: { id: "2", time: 30 } },
  { change: { id: "3", time: 31, found: { name: "mute", url: "" } } },
  { reading: { id: "1", time: 40, ...heap(200), cpu: 12 } },
];

test("what threads hold together is that of those alive, by their latest readings", () => {
  const { at } = workerCourseOf(messages);
  expect(at(0.5)).toBeUndefined();
  expect(at(10)).toEqual(heap(100));
  expect(at(26)).toEqual({ heapTotal: 1300, heapUsed: 650, external: 20, arrayBuffers: 10 });
  expect(at(35)).toEqual(heap(300));
  expect(workerCourseOf([{ ready: true }]).at(5)).toEqual({ heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 });
});

test("each thread has its peak, its end and its CPU time in the cell", () => {
  expect(workerCourseOf(messages).uses(10, 50)).toEqual([
    { name: "early", file: "/work er.js", peak: { time: 15, ...heap(300) }, end: heap(200), cpu: 5, readings: 2 },
    { name: "", file: "", peak: { time: 12, ...heap(1000) }, cpu: 3, readings: 1 },
    { name: "mute", file: "", readings: 0 },
  ]);
  expect(
    workerCourseOf(messages)
      .uses(35, 50)
      .map(({ name }) => name),
  ).toEqual(["early", "mute"]);
});
