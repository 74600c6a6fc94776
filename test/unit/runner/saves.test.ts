import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Notebook } from "../../../runner/nbformat.js";
import { Saves } from "../../../runner/saves.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const notebook: Notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] };

describe("the saves of a run", () => {
  test("begin at once when there was none for a while", async () => {
    let count = 0;
    const saves = new Saves(() => count++);
    saves.add(notebook);
    expect(count).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    saves.add(notebook);
    expect(count).toBe(2);
  });

  test("are put together when cells are short", async () => {
    let count = 0;
    const saves = new Saves(() => count++);
    for (let cell = 0; cell < 25; cell++) {
      saves.add(notebook);
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(count).toBe(3);
    await vi.advanceTimersByTimeAsync(100);
    expect(count).toBe(4);
    await vi.advanceTimersByTimeAsync(1000);
    expect(count).toBe(4);
  });

  test("are never two at once", async () => {
    const steps: string[] = [];
    const saves = new Saves(async () => {
      steps.push("begin");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      steps.push("end");
    });
    saves.add(notebook);
    await vi.advanceTimersByTimeAsync(500);
    saves.add(notebook);
    saves.add(notebook);
    await vi.advanceTimersByTimeAsync(2000);
    expect(steps).toEqual(["begin", "end", "begin", "end"]);
  });

  test("do not pause at the end, which waits for the last one", async () => {
    let count = 0;
    const saves = new Saves(async () => count++);
    saves.add(notebook);
    saves.add(notebook);
    await saves.end();
    expect(count).toBe(2);
  });

  test("end with the first that fails, which whoever comes next is told", async () => {
    let count = 0;
    const saves = new Saves(async () => {
      count++;
      throw new Error("the disk is full");
    });
    saves.add(notebook);
    await vi.advanceTimersByTimeAsync(0);
    expect(() => saves.add(notebook)).toThrow("the disk is full");
    await expect(saves.end()).rejects.toThrow("the disk is full");
    expect(count).toBe(1);
  });
});
