import { AsyncLocalStorage } from "node:async_hooks";

const storage = new AsyncLocalStorage<number>();
let latest = 0;

/** Runs `run`; whatever it causes, also later, belongs to the execution `id`. */
export function runAs<T>(id: number, run: () => T): T {
  latest = id;
  return storage.run(id, run);
}

/**
 * Lets go of what runs now, which is about to be stopped. Node 20 keeps contexts by asynchronous hooks, whose
 * bookkeeping ends the process when code is stopped in the middle; they are back with the next `runAs`.
 */
export function dropContext(): void {
  storage.disable();
}

/** As `runAs`, for what is no cell: what cannot be told apart still belongs to the latest cell. */
export function runBeside<T>(id: number, run: () => T): T {
  return storage.run(id, run);
}

/** The execution that caused what runs now; the latest one where that cannot be told, as in native callbacks. */
export function currentExecution(): number {
  return storage.getStore() ?? latest;
}
