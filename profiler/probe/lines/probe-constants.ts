import { Script } from "node:vm";
import type { ProbeNames } from "../../lines/line-reading.js";
import type { LineMeter } from "./line-meter.js";

const handOver = Symbol.for("cellscope.lines");

/** Declares what probed code refers to, once for a process: constants of the script scope cannot be declared again. */
export function declareConstants(meter: LineMeter, names: ProbeNames): void {
  const values: Readonly<Record<string, unknown>> = {
    [names.register]: meter.shared.register,
    [names.flags]: meter.shared.flags,
    [names.counts]: meter.counts,
    [names.left]: meter.left,
    [names.lapse]: meter.lapse,
    [names.read]: meter.read,
    [names.enter]: meter.enter,
    [names.decide]: meter.decide,
    [names.leave]: meter.leave,
    [names.suspend]: meter.suspend,
    [names.resume]: meter.resume,
  };
  Object.defineProperty(globalThis, handOver, { value: values, configurable: true });
  try {
    new Script(`const { ${Object.keys(values).join(", ")} } = globalThis[Symbol.for("cellscope.lines")];`, {
      filename: "cellscope-lines",
    }).runInThisContext();
  } finally {
    Reflect.deleteProperty(globalThis, handOver);
  }
}
