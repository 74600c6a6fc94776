import type { HeapGraph } from "./heap-graph.js";
import type { SurvivorGroup, SurvivorHolder, Survivors } from "./survivors.js";

/** The fields by which the executor's `Notebook` is known; the name of its class goes when the package is built. */
const notebookFields = ["variables", "sourceMaps", "timesUsed"] as const;
const shownGroups = 20;
const shownHolders = 20;
/** Longer ways are cut in the middle. */
const longestPath = 60;

/** What a heap holds that it did not hold before, by constructor and by the variable of the notebook that reaches it. */
export function findSurvivors(graph: HeapGraph, before: HeapGraph): Survivors {
  const isYoung = youngerThan(graph, before);
  const ways = findWays(graph);
  const groups = new Map<string, { count: number; bytes: number; largest: number; most: number }>();
  const holders = new Map<string | undefined, { count: number; bytes: number }>();
  // Bytes of each survivor with what belongs to it alone.
  const owned = new Map<number, number>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (!isYoung(node)) continue;
    const owner = ownerOf(graph, ways, node, isYoung);
    if (owner !== undefined) owned.set(owner, (owned.get(owner) ?? 0) + graph.sizeOf(node));
  }
  let bytes = 0;
  for (const [node, size] of owned) {
    bytes += size;
    const name = groupOf(graph, node);
    const variable = ways.variableOf(node);
    const group = groups.get(name) ?? { count: 0, bytes: 0, largest: node, most: 0 };
    group.count += 1;
    group.bytes += size;
    // An example that somebody can do something about comes before a larger one.
    const weight = variable === undefined ? size / 2 ** 32 : size;
    if (weight > group.most) {
      group.most = weight;
      group.largest = node;
    }
    groups.set(name, group);
    const holder = holders.get(variable) ?? { count: 0, bytes: 0 };
    holder.count += 1;
    holder.bytes += size;
    holders.set(variable, holder);
  }
  const byBytes = (a: { readonly bytes: number }, b: { readonly bytes: number }) => b.bytes - a.bytes;
  return {
    count: owned.size,
    bytes,
    groups: [...groups]
      .map(([name, { count, bytes, largest }]): SurvivorGroup => ({ name, count, bytes, path: ways.pathOf(largest) }))
      .sort(byBytes)
      .slice(0, shownGroups),
    holders: [...holders]
      .map(([variable, sums]): SurvivorHolder => ({ ...(variable !== undefined && { variable }), ...sums }))
      .sort(byBytes)
      .slice(0, shownHolders),
  };
}

const internal = new Set(["array", "code", "hidden", "object shape", "native", "synthetic", "number"]);

/**
 * V8 gives each object a number at the first snapshot that sees it. It knows objects by their addresses: one that comes
 * to lie where another died takes over its number, and is told from it by what it is.
 */
function youngerThan(graph: HeapGraph, before: HeapGraph): (node: number) => boolean {
  let highest = 0;
  for (let node = 0; node < before.nodeCount; node++) highest = Math.max(highest, ordinalOf(before.idOf(node)));
  const none = 0xffffffff;
  const nodesBefore = new Uint32Array(highest + 1).fill(none);
  for (let node = 0; node < before.nodeCount; node++) {
    const ordinal = ordinalOf(before.idOf(node));
    if (ordinal > 0) nodesBefore[ordinal] = node;
  }
  expectSameNumbers(graph, before, nodesBefore);
  return (node) => {
    const ordinal = ordinalOf(graph.idOf(node));
    if (ordinal === 0 || graph.sizeOf(node) === 0) return false;
    const earlier = nodesBefore[ordinal] ?? none;
    if (earlier === none) return true;
    const type = graph.typeOf(node);
    if (type !== before.typeOf(earlier) || graph.nameOf(node) !== before.nameOf(earlier)) return true;
    // An object may have become smaller since: V8 takes back what its class turned out not to need.
    return type !== "object" && graph.sizeOf(node) !== before.sizeOf(earlier);
  };
}

/** Most of what was there stays there, unless the numbers are others. */
function expectSameNumbers(graph: HeapGraph, before: HeapGraph, nodesBefore: Uint32Array): void {
  let closures = 0;
  let same = 0;
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.typeOf(node) !== "closure") continue;
    const earlier = nodesBefore[ordinalOf(graph.idOf(node))];
    if (earlier === undefined || earlier >= before.nodeCount) continue;
    closures += 1;
    if (before.typeOf(earlier) === "closure" && before.nameOf(earlier) === graph.nameOf(node)) same += 1;
  }
  if (same < closures / 2 || closures === 0)
    throw new Error("V8 gave new numbers to all objects while the cell ran, as it does when a debugger goes away.");
}

/** V8 gives odd numbers to what is in its heap, and even ones to other things, which are not compared: 0. */
function ordinalOf(id: number): number {
  return id % 2 === 1 ? (id + 1) / 2 : 0;
}

/** The object that a user knows and to which an internal part belongs; `undefined` for V8's own. */
function ownerOf(graph: HeapGraph, ways: Ways, node: number, isYoung: (node: number) => boolean): number | undefined {
  let owner: number | undefined = node;
  while (owner !== undefined && (internal.has(graph.typeOf(owner)) || isContext(graph, owner))) {
    owner = ways.parentOf(owner);
    // The elements of an array that was there before grew: they are new, and theirs is the array.
    if (owner !== undefined && !isYoung(owner) && !internal.has(graph.typeOf(owner))) return owner;
  }
  return owner;
}

function isContext(graph: HeapGraph, node: number): boolean {
  return graph.nameOf(node).startsWith("system / ");
}

function groupOf(graph: HeapGraph, node: number): string {
  const type = graph.typeOf(node);
  if (type === "closure") return "(closure)";
  if (type.includes("string")) return "(string)";
  if (type !== "object") return `(${type})`;
  const name = graph.nameOf(node);
  return name.startsWith("{") ? "Object" : name;
}

interface Ways {
  readonly parentOf: (node: number) => number | undefined;
  readonly variableOf: (node: number) => string | undefined;
  readonly pathOf: (node: number) => string;
}

/** The shortest way to each object: from a variable of the notebook, and from elsewhere for what none of them reaches. */
function findWays(graph: HeapGraph): Ways {
  const none = 0xffffffff;
  const parents = new Uint32Array(graph.nodeCount).fill(none);
  const via = new Uint32Array(graph.nodeCount).fill(none);
  const variables = new Uint32Array(graph.nodeCount).fill(none);
  const seen = new Uint8Array(graph.nodeCount);
  const queue = new Uint32Array(graph.nodeCount);
  let [head, tail] = [0, 0];
  const visit = (node: number, parent: number, edge: number, variable: number) => {
    if (seen[node] === 1) return;
    seen[node] = 1;
    parents[node] = parent;
    via[node] = edge;
    variables[node] = variable;
    queue[tail++] = node;
  };
  const drain = () => {
    while (head < tail) {
      const node = queue[head++] ?? 0;
      for (let edge = graph.firstEdge(node); edge < graph.firstEdge(node + 1); edge++)
        if (leadsOn(graph, edge) && !ours.has(graph.targetOf(edge)))
          visit(graph.targetOf(edge), node, edge, variables[node] ?? none);
    }
  };
  const notebook = findNotebook(graph);
  const home = notebook?.variables;
  // What a cell imports from "cellscope" closes over the executor, which holds whatever there is.
  const ours: ReadonlySet<number> = notebook === undefined ? new Set() : scopesOf(graph, notebook.node);
  if (home !== undefined) {
    // A cell's code refers to all variables: through them everything would be everybody's.
    seen[home] = 1;
    for (let edge = graph.firstEdge(home); edge < graph.firstEdge(home + 1); edge++)
      if (graph.edgeTypeOf(edge) === "property" && graph.edgeNameOf(edge) !== "__proto__")
        visit(graph.targetOf(edge), none, edge, edge);
    drain();
  }
  visit(0, none, none, none);
  for (head = 0; head < tail; ) {
    const node = queue[head++] ?? 0;
    if (variables[node] !== none) continue;
    for (let edge = graph.firstEdge(node); edge < graph.firstEdge(node + 1); edge++)
      if (graph.edgeTypeOf(edge) !== "weak") visit(graph.targetOf(edge), node, edge, none);
  }
  const given = (value: number | undefined) => (value === undefined || value === none ? undefined : value);
  const variableOf = (node: number) => {
    const edge = given(variables[node]);
    return edge === undefined ? undefined : graph.edgeNameOf(edge);
  };
  return {
    parentOf: (node) => given(parents[node]),
    variableOf,
    pathOf: (node) => {
      const steps: string[] = [];
      for (let at: number | undefined = node; at !== undefined; at = given(parents[at])) {
        const edge = given(via[at]);
        if (edge !== undefined) steps.push(stepOf(graph, edge));
      }
      const path = steps.reverse().join("").replace(/^\./, "");
      return shorten(variableOf(node) === undefined ? `not a variable: ${path}` : path);
    },
  };
}

/** The executor's notebook, and the object whose properties are its variables. */
function findNotebook(graph: HeapGraph): { readonly node: number; readonly variables: number } | undefined {
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.typeOf(node) !== "object") continue;
    const fields = new Map<string, number>();
    for (let edge = graph.firstEdge(node); edge < graph.firstEdge(node + 1); edge++)
      if (graph.edgeTypeOf(edge) === "property") fields.set(graph.edgeNameOf(edge), graph.targetOf(edge));
    const variables = fields.get(notebookFields[0]);
    if (variables !== undefined && notebookFields.every((field) => fields.has(field))) return { node, variables };
  }
  return undefined;
}

/** The scopes of functions in which an object is a variable. */
function scopesOf(graph: HeapGraph, object: number): ReadonlySet<number> {
  const scopes = new Set<number>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (!isContext(graph, node)) continue;
    for (let edge = graph.firstEdge(node); edge < graph.firstEdge(node + 1); edge++)
      if (graph.edgeTypeOf(edge) === "context" && graph.targetOf(edge) === object) scopes.add(node);
  }
  return scopes;
}

/** From any object there are ways to its class and to everything global; what it holds is not found on them. */
function leadsOn(graph: HeapGraph, edge: number): boolean {
  const type = graph.edgeTypeOf(edge);
  if (type === "weak" || type === "shortcut") return false;
  const name = graph.edgeNameOf(edge);
  if (type === "internal" && sideways.has(name)) return false;
  if (type === "property" && name === "__proto__") return false;
  const target = graph.targetOf(edge);
  if (graph.typeOf(target) === "code") return false;
  const targetName = graph.nameOf(target);
  return !/^(?:system \/ (?:Map|NativeContext)|global\b)/.test(targetName);
}

const sideways = new Set([
  "map",
  "shared",
  "code",
  "feedback_cell",
  "scope_info",
  "script",
  "native_context",
  "raw_outer_script_context",
]);

function stepOf(graph: HeapGraph, edge: number): string {
  const name = graph.edgeNameOf(edge);
  switch (graph.edgeTypeOf(edge)) {
    case "property":
      return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    case "element":
      return `[${name}]`;
    case "context":
      return ` → ${name}`;
    default:
      return "";
  }
}

function shorten(path: string): string {
  if (path.length <= longestPath) return path;
  const half = Math.floor((longestPath - 1) / 2);
  return `${path.slice(0, half)}…${path.slice(-half)}`;
}
