// Where a function of a cell begins, as V8 has it: the kernel finds its source there.
import { Session } from "node:inspector";

/** Where V8 has a function of a cell begin. */
export interface FunctionPlace {
  /** The name of its script: `In[7]`, or `In[7]~2` for a later part of that cell. */
  readonly script: string;
  /** Both from 0, in the code of the cell as it runs. */
  readonly line: number;
  readonly column: number;
}

/** The scripts of cells are named like the cells. */
const cellScript = /^In\[\d+\](?:~\d+)?$/;
const held = Symbol.for("cellscope.function");

/** Where a function of a cell begins, or what it is instead: `a built-in function`. */
export function placeOfFunction(value: object): FunctionPlace | { readonly instead: string } {
  const session = new Session();
  session.connect();
  try {
    const scripts = new Map<string, string>();
    session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params.url));
    session.post("Debugger.enable");
    const place = locationOf(session, value);
    if (place === undefined) return { instead: "a built-in or bound function" };
    const script = scripts.get(place.scriptId) ?? "";
    if (!cellScript.test(script)) return { instead: script === "" ? "code without a file" : `a function of ${script}` };
    return { script, line: place.lineNumber, column: place.columnNumber };
  } finally {
    session.disconnect();
  }
}

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** On its own thread a session answers before `post` returns. */
function locationOf(session: Session, value: object): Location | undefined {
  let objectId: string | undefined;
  let location: Location | undefined;
  try {
    Object.defineProperty(globalThis, held, { value, configurable: true });
    const expression = 'globalThis[Symbol.for("cellscope.function")]';
    session.post("Runtime.evaluate", { expression, silent: true }, (error, answer) => {
      if (error === null) objectId = answer.result.objectId;
    });
  } finally {
    Reflect.deleteProperty(globalThis, held);
  }
  if (objectId === undefined) return undefined;
  session.post("Runtime.getProperties", { objectId, ownProperties: true }, (error, answer) => {
    const found = error === null && answer.internalProperties?.find(({ name }) => name === "[[FunctionLocation]]");
    // What V8's inspector puts there.
    if (found) location = found.value?.value as Location | undefined;
  });
  return location;
}
