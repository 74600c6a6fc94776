import { inspect, types } from "node:util";
import type { StackFrame, ThrownError } from "./link.js";
import { inspectSafely } from "./rich-result.js";
import type { SourceMaps } from "./source-maps.js";
import { parseStack, toPath } from "./stack-traces.js";

/** Causes of causes, and members of members, are shown this deep. */
const deepest = 8;
/** So many members of an `AggregateError` are shown. */
const mostMembers = 10;

/** Characters of the properties. */
const longestProperties = 2000;
const shownElsewhere: ReadonlySet<string> = new Set(["name", "message", "stack", "cause", "errors"]);

/** Describes whatever was thrown; never throws itself, whatever getters and proxies do. */
export function describeThrown(thrown: unknown, sourceMaps: SourceMaps): ThrownError {
  return describe(thrown, sourceMaps, new Set());
}

function describe(thrown: unknown, sourceMaps: SourceMaps, above: ReadonlySet<unknown>): ThrownError {
  if (!isError(thrown)) return notAnError(thrown);
  const seen = new Set([...above, thrown]);
  const stack = read(thrown, "stack");
  const cause = read(thrown, "cause");
  const members = read(thrown, "errors");
  const goesOn = seen.size < deepest;
  const properties = propertiesOf(thrown);
  return {
    name: nameOf(thrown),
    message: textOf(read(thrown, "message")),
    frames: typeof stack === "string" ? framesOf(stack, sourceMaps) : [],
    ...(properties === undefined ? {} : { properties }),
    ...(cause === undefined || !goesOn || seen.has(cause) ? {} : { cause: describe(cause, sourceMaps, seen) }),
    ...(Array.isArray(members) && goesOn
      ? {
          errors: members
            .filter((member) => !seen.has(member))
            .slice(0, mostMembers)
            .map((member) => describe(member, sourceMaps, seen)),
        }
      : {}),
  };
}

function notAnError(thrown: unknown): ThrownError {
  return { name: "Thrown", message: inspectSafely(thrown), frames: [], notAnError: true };
}

function isError(thrown: unknown): thrown is Error {
  if (types.isProxy(thrown)) return false;
  try {
    return types.isNativeError(thrown) || thrown instanceof Error;
  } catch {
    // `instanceof` asks the object's prototypes, which may be proxies.
    return false;
  }
}

/** An error's `name`, or that of its class when it kept the name of `Error`. */
function nameOf(error: Error): string {
  const name = read(error, "name");
  if (typeof name === "string" && name !== "" && name !== "Error") return name;
  const made = read(error, "constructor");
  const className = typeof made === "function" ? made.name : "";
  return className === "" || className === "Object" ? "Error" : className;
}

/** What an error has beside what every error has, such as the `code` and `path` of a system error. */
function propertiesOf(error: Error): string | undefined {
  try {
    const names = Object.keys(error).filter((name) => !shownElsewhere.has(name));
    // Node's synchronous processes name themselves as their own error.
    const properties = names.map((name) => [name, read(error, name)] as const).filter(([, value]) => value !== error);
    if (properties.length === 0) return undefined;
    const text = inspect(Object.fromEntries(properties), { depth: 2, maxArrayLength: 20, maxStringLength: 500 });
    return text.length > longestProperties ? `${text.slice(0, longestProperties)}…` : text;
  } catch {
    // The values are the error's own, and may refuse to be looked at; the rest of it is shown all the same.
    return undefined;
  }
}

function framesOf(stack: string, sourceMaps: SourceMaps): readonly StackFrame[] {
  const frames = parseStack(stack);
  // A script that does not compile has no frame: V8 writes its place above the message.
  const place = /^(In\[\d+\](?:~\d+)?|(?:file:\/\/)?\/[^\n]*?):(\d+)\n[^\n]*\n( *)\^/.exec(stack);
  if (place === null) return frames;
  const [, script = "", line, indent = ""] = place;
  return [sourceMaps.map(toPath(script), Number(line), indent.length + 1), ...frames];
}

function textOf(message: unknown): string {
  return typeof message === "string" ? message : message === undefined ? "" : inspectSafely(message);
}

function read(object: object, key: string): unknown {
  try {
    return (object as Readonly<Record<string, unknown>>)[key];
  } catch {
    // A getter that throws has nothing to tell.
    return undefined;
  }
}
