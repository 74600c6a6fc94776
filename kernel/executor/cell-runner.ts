import type { MimeBundle } from "../protocol/mime.js";
import type { Cell, Notebook } from "./cell.js";
import type { CodePlaces } from "./code-places.js";
import { sendEvent } from "./event-channel.js";
import { currentExecution, runAs, runBeside } from "./execution-context.js";
import { type HeapMeasurement, measureHeapUse } from "./heap-use.js";
import { runningImmediate } from "./immediates.js";
import type { AskingCell } from "./input.js";
import { renderElement } from "./jsx-element.js";
import type { Command, ExecutionEnd, HeapUse } from "./link.js";
import {
  abandonMeasurement,
  claimMeasurement,
  lateMeasurement,
  type Measurement,
  releaseMeasurement,
} from "./measurement-slot.js";
import { requireOwn } from "./own-packages.js";
import { renderValue } from "./rich-result.js";
import type { SourceMaps } from "./source-maps.js";
import { describeThrown } from "./thrown-error.js";

type ExecuteCommand = Extract<Command, { readonly type: "execute" }>;
/** Stop the code, let it run and look again, or look no more. */
export type Verdict = "stop" | "go on" | "over";

type EndWatch = () => unknown;

/** A watch that is still at work this long after an interrupt is left alone. */
const watchAfterInterrupt = 2000;
/** So many interrupted executions are remembered, so that what is left of them can be stopped. */
const rememberedInterrupts = 100;

/** An immediate that runs for this long is stopped like any other code. */
const blockingImmediate = 50;

interface Execution {
  readonly command: ExecuteCommand;
  /** The values that the names which the cell declares had before it. */
  readonly before: ReadonlyMap<string, unknown>;
  interrupted: boolean;
  endWatch: EndWatch | undefined;
  measurement: Measurement | undefined;
  reading: unknown;
  heap: HeapUse | undefined;
}

/** Runs one cell at a time and tells its end exactly once, also when the cell's code is stopped from outside. */
export class CellRunner {
  private readonly notebook: Notebook;
  private readonly sourceMaps: SourceMaps;
  private readonly places: CodePlaces;
  private current: Execution | undefined;
  private immediate: { readonly resource: object; readonly seen: number } | undefined;
  /** The comm message whose handlers run at this moment. */
  private handling: number | undefined;
  private readonly interruptedIds = new Set<number>();

  constructor(notebook: Notebook, sourceMaps: SourceMaps, places: CodePlaces) {
    this.notebook = notebook;
    this.sourceMaps = sourceMaps;
    this.places = places;
  }

  /** Starts a cell; its end is told by a `done` event. */
  execute(command: ExecuteCommand): void {
    this.endHandling();
    const { variables } = this.notebook;
    const before = new Map(
      command.declares.filter((name) => Object.hasOwn(variables, name)).map((name) => [name, variables[name]]),
    );
    const execution: Execution = {
      command,
      before,
      interrupted: false,
      endWatch: undefined,
      measurement: undefined,
      reading: undefined,
      heap: undefined,
    };
    this.current = execution;
    runAs(command.id, () => {
      this.run(execution).catch((fault: unknown) => {
        this.finish(execution, { status: "error", error: describeThrown(fault, this.sourceMaps) });
      });
    });
  }

  /** Runs what a front end's message causes, beside the cell; its end is told by a `handled` event. */
  handle(id: number, run: () => void): void {
    this.endHandling();
    this.handling = id;
    runBeside(id, run);
    this.endHandling();
  }

  /** The cell that runs. */
  running(): AskingCell | undefined {
    const { current } = this;
    return current === undefined ? undefined : { id: current.command.id, takesInput: current.command.takesInput };
  }

  /** The cell that runs, if it is the one that caused what runs at this moment. */
  asking(): AskingCell | undefined {
    const cell = this.running();
    return cell?.id === currentExecution() ? cell : undefined;
  }

  /** Ends the execution `id` for the kernel; code of it that still runs is the guard's to stop. */
  interrupt(id: number): void {
    // That messages are read again means that handlers which ran have been stopped.
    this.endHandling();
    const late = lateMeasurement(id);
    if (late === undefined) this.abandon(id, { status: "interrupted" });
    else this.fail(id, late);
  }

  /** Ends the execution `id` with an error; what is left of it has nothing to say any more. */
  fail(id: number, error: Error): void {
    this.abandon(id, { status: "error", error: describeThrown(error, this.sourceMaps) });
  }

  private endHandling(): void {
    if (this.handling === undefined) return;
    sendEvent({ type: "handled", id: this.handling });
    this.handling = undefined;
  }

  private abandon(id: number, end: ExecutionEnd): void {
    const execution = this.current;
    if (execution === undefined || execution.command.id !== id || execution.interrupted) return;
    execution.interrupted = true;
    this.interruptedIds.add(id);
    for (const oldest of this.interruptedIds) {
      if (this.interruptedIds.size <= rememberedInterrupts) break;
      this.interruptedIds.delete(oldest);
    }
    // That of the execution's own watch ends below.
    if (execution.measurement === undefined) abandonMeasurement(id);
    const finish = () => this.finish(execution, end);
    if (execution.endWatch === undefined) {
      finish();
      return;
    }
    setTimeout(finish, watchAfterInterrupt);
    this.endWatch(execution).then(finish, finish);
  }

  /**
   * What to do with the code that runs at this moment, when the execution `id` was interrupted. Until that has been
   * heard of anything is stopped; after it what is left of interrupted cells, as long as no other cell runs, of which
   * something could be taken with it.
   */
  judge(id: number, force: boolean): Verdict {
    const { current } = this;
    if (this.handling !== id && current !== undefined && current.command.id !== id) return "over";
    if (!force && this.isYoungImmediate()) return "go on";
    if (this.handling === id || (current !== undefined && !current.interrupted)) return "stop";
    return !force && this.interruptedIds.has(currentExecution()) ? "stop" : "go on";
  }

  /**
   * Whether an immediate runs that has not been seen before, or only just now. Node survives it badly when one is
   * stopped, and messages come through between two of them anyway: only one that blocks is worth it.
   */
  private isYoungImmediate(): boolean {
    const resource = runningImmediate();
    if (resource === undefined) return false;
    const now = performance.now();
    if (this.immediate?.resource !== resource) this.immediate = { resource, seen: now };
    return now - this.immediate.seen < blockingImmediate;
  }

  private async run(execution: Execution): Promise<void> {
    const { command } = execution;
    let end: ExecutionEnd = { status: "ok" };
    let heap: HeapMeasurement | undefined;
    try {
      const cell = this.notebook.compile(command);
      if (command.resultName !== undefined) this.notebook.variables[command.resultName] = undefined;
      if (command.measuresHeap === true) heap = measureHeapUse();
      if (command.watch !== undefined) await this.beginWatch(execution, command.watch);
      if (execution.interrupted) return;
      tellRun(command, true);
      await runCell(cell, command.awaits);
    } catch (thrown) {
      end = { status: "error", error: describeThrown(thrown, this.sourceMaps) };
    }
    // What is left of an interrupted cell may come to its end, and has nothing to say any more.
    if (execution.interrupted) return;
    await this.endWatch(execution);
    heap?.end();
    if (end.status === "ok") end = await this.takeResult(execution);
    execution.heap = await heap?.read();
    this.finish(execution, end);
  }

  private async beginWatch(execution: Execution, watch: NonNullable<ExecuteCommand["watch"]>): Promise<void> {
    const { begin } = requireOwn(watch.modulePath) as {
      readonly begin: (options: unknown, places: CodePlaces) => unknown;
    };
    const { id, name } = execution.command;
    execution.measurement = claimMeasurement(id, `${name} is measured by its magic already`);
    const end = (await begin(watch.options, { ...this.places, cell: name })) as EndWatch;
    execution.endWatch = end;
    if (execution.interrupted) await this.endWatch(execution);
  }

  /** Ends the watch, once. A watch that fails must not fail the cell: there is no reading then, and stderr says why. */
  private async endWatch(execution: Execution): Promise<void> {
    const { endWatch } = execution;
    if (endWatch === undefined) return;
    execution.endWatch = undefined;
    try {
      const reading = endWatch();
      // The watch has read what it came for: this is no longer the cell's.
      tellRun(execution.command, false);
      execution.reading = await reading;
    } catch (error) {
      process.stderr.write(`The measurement failed: ${describeThrown(error, this.sourceMaps).message}\n`);
    } finally {
      if (execution.measurement !== undefined) releaseMeasurement(execution.measurement);
    }
  }

  private async takeResult({ command }: Execution): Promise<ExecutionEnd> {
    if (command.resultName === undefined) return { status: "ok" };
    const { variables } = this.notebook;
    const value = variables[command.resultName];
    // Not deleted: that would turn the variables into a slow dictionary.
    variables[command.resultName] = undefined;
    return value === undefined ? { status: "ok" } : { status: "ok", result: await this.render(value) };
  }

  private async render(value: unknown): Promise<MimeBundle> {
    const bundle = await renderValue(value, warn);
    try {
      const html = renderElement(value, (id) => this.notebook.load(id));
      return html === undefined ? bundle : { "text/html": html, ...bundle };
    } catch (error) {
      // A component that fails is still shown as the element that it is, with the reason beside it.
      const { name, message } = describeThrown(error, this.sourceMaps);
      return { ...bundle, "text/plain": `${String(bundle["text/plain"])}\n[rendering failed: ${name}: ${message}]` };
    }
  }

  private finish(execution: Execution, end: ExecutionEnd): void {
    if (execution.measurement !== undefined) releaseMeasurement(execution.measurement);
    if (this.current !== execution) return;
    this.current = undefined;
    const { command, reading, heap } = execution;
    const assigned = this.assigned(execution);
    const done = { type: "done", id: command.id, end, assigned, ...readDirectory(), ...(heap && { heap }) } as const;
    if (reading === undefined) sendEvent(done);
    else sendReading(done, reading);
  }

  private assigned({ command, before }: Execution): readonly string[] {
    const { variables } = this.notebook;
    return command.declares.filter(
      (name) => Object.hasOwn(variables, name) && !(before.has(name) && Object.is(before.get(name), variables[name])),
    );
  }
}

// The very next thing after a watch has begun is the cell, and the very next thing after the cell is the watch's end.
async function runCell(cell: Cell, awaits: boolean): Promise<void> {
  const returned = cell();
  if (awaits) await returned;
}

function tellRun({ id, watch }: ExecuteCommand, isRunning: boolean): void {
  if (watch?.tellsRun === true) sendEvent({ type: "runs", id, isRunning });
}

function warn(line: string): void {
  process.stderr.write(`${line}\n`);
}

function readDirectory(): { readonly directory?: string } {
  try {
    return { directory: process.cwd() };
  } catch {
    // It has been deleted: modules are looked for where they were.
    return {};
  }
}

function sendReading(done: Parameters<typeof sendEvent>[0] & { readonly type: "done" }, reading: unknown): void {
  try {
    sendEvent({ ...done, reading });
  } catch (error) {
    // A reading that cannot be cloned is the watch's fault; the cell still has to end.
    process.stderr.write(`The measurement could not be sent: ${String(error)}\n`);
    sendEvent(done);
  }
}
