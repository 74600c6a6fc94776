import { AsyncLocalStorage } from "node:async_hooks";

const storage = new AsyncLocalStorage<number>();
let latest = 0;

/** Runs `run`; whatever it causes, also later, belongs to the execution `id`. */
export function runAs<T>(id: number, run: () => T): T {
  latest = id;
  return storage.run(id, run);
}

/** The execution that caused what runs now; the latest one where that cannot be told, as in native callbacks. */
export function currentExecution(): number {
  return storage.getStore() ?? latest;
}
