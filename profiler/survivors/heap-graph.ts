// Reads V8's heap snapshots, which are JSON of hundreds of megabytes: numbers go straight into typed arrays, and of the
// strings only those that are asked for are made.

/** The objects of a heap and what refers to what. Nodes and edges are numbers from 0. */
export interface HeapGraph {
  readonly nodeCount: number;
  readonly typeOf: (node: number) => string;
  readonly nameOf: (node: number) => string;
  readonly idOf: (node: number) => number;
  readonly sizeOf: (node: number) => number;
  /** The edges of a node are those from `firstEdge(node)` up to `firstEdge(node + 1)`. */
  readonly firstEdge: (node: number) => number;
  readonly edgeTypeOf: (edge: number) => string;
  /** The name of a property, a variable or an internal field; the index of an element. */
  readonly edgeNameOf: (edge: number) => string;
  readonly targetOf: (edge: number) => number;
}

interface Header {
  readonly node_count: number;
  readonly edge_count: number;
  readonly meta: {
    readonly node_fields: readonly string[];
    readonly node_types: readonly (readonly string[] | string)[];
    readonly edge_fields: readonly string[];
    readonly edge_types: readonly (readonly string[] | string)[];
  };
}

const comma = 0x2c;
const quote = 0x22;
const backslash = 0x5c;
const endOfList = 0x5d;
const zero = 0x30;

/** The graph of a snapshot; throws when the bytes are none. */
export function parseHeapGraph(bytes: Uint8Array): HeapGraph {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = parseHeader(text);
  const { node_fields, node_types, edge_fields, edge_types } = header.meta;
  const nodeWidth = node_fields.length;
  const edgeWidth = edge_fields.length;
  const nodes = readNumbers(text, "nodes", header.node_count * nodeWidth);
  const edges = readNumbers(text, "edges", header.edge_count * edgeWidth);
  const stringAt = readStrings(text);
  const [type, name, id, size, edgeCount] = ["type", "name", "id", "self_size", "edge_count"].map((field) =>
    indexOf(node_fields, field),
  ) as [number, number, number, number, number];
  const [edgeType, edgeName, toNode] = ["type", "name_or_index", "to_node"].map((field) =>
    indexOf(edge_fields, field),
  ) as [number, number, number];
  const nodeTypes = listOf(node_types[type]);
  const edgeTypes = listOf(edge_types[edgeType]);
  const firstEdges = new Uint32Array(header.node_count + 1);
  for (let node = 0; node < header.node_count; node++)
    firstEdges[node + 1] = (firstEdges[node] ?? 0) + (nodes[node * nodeWidth + edgeCount] ?? 0);
  const ofNode = (node: number, field: number) => nodes[node * nodeWidth + field] ?? 0;
  const ofEdge = (edge: number, field: number) => edges[edge * edgeWidth + field] ?? 0;
  const edgeTypeOf = (edge: number) => edgeTypes[ofEdge(edge, edgeType)] ?? "";
  return {
    nodeCount: header.node_count,
    typeOf: (node) => nodeTypes[ofNode(node, type)] ?? "",
    nameOf: (node) => stringAt(ofNode(node, name)),
    idOf: (node) => ofNode(node, id),
    sizeOf: (node) => ofNode(node, size),
    firstEdge: (node) => firstEdges[node] ?? 0,
    edgeTypeOf,
    edgeNameOf: (edge) => {
      const value = ofEdge(edge, edgeName);
      const isIndex = edgeTypeOf(edge) === "element" || edgeTypeOf(edge) === "hidden";
      return isIndex ? String(value) : stringAt(value);
    },
    targetOf: (edge) => ofEdge(edge, toNode) / nodeWidth,
  };
}

function indexOf(fields: readonly string[], field: string): number {
  const index = fields.indexOf(field);
  if (index < 0) throw new Error(`The heap snapshot has no field ${field}.`);
  return index;
}

function listOf(types: readonly string[] | string | undefined): readonly string[] {
  if (typeof types !== "object") throw new Error("The heap snapshot has no list of types.");
  return types;
}

function parseHeader(text: Buffer): Header {
  const end = text.indexOf('"nodes":[');
  if (end < 0) throw new Error("The file is no heap snapshot.");
  const head = text.subarray(0, end).toString("utf8").replace(/,\s*$/, "");
  // V8 writes this part, in this form.
  return (JSON.parse(`${head}}`) as { readonly snapshot: Header }).snapshot;
}

/** The whole numbers of a list, none of which is negative. */
function readNumbers(text: Buffer, key: string, count: number): Uint32Array {
  const found = text.indexOf(`"${key}":[`);
  const numbers = new Uint32Array(count);
  let position = found + key.length + 4;
  for (let index = 0; index < count; index++) {
    let value = 0;
    for (; ; position++) {
      const byte = text[position];
      if (byte === comma || byte === endOfList || byte === undefined) break;
      if (byte >= zero) value = value * 10 + byte - zero;
    }
    if (text[position] !== comma && index < count - 1) throw new Error(`The ${key} of the heap snapshot end early.`);
    numbers[index] = value;
    position++;
  }
  return numbers;
}

function readStrings(text: Buffer): (index: number) => string {
  const key = '"strings":[';
  const found = text.lastIndexOf(key);
  const starts: number[] = [];
  for (let position = found + key.length; position < text.length; position++) {
    if (text[position] === endOfList) break;
    if (text[position] !== quote) continue;
    starts.push(position);
    for (position++; text[position] !== quote; position++) {
      if (text[position] === backslash) position++;
      if (position >= text.length) throw new Error("The strings of the heap snapshot end early.");
    }
  }
  const made = new Map<number, string>();
  return (index) => {
    const known = made.get(index);
    if (known !== undefined) return known;
    const start = starts[index];
    if (start === undefined) return "";
    let end = start + 1;
    for (; text[end] !== quote; end++) if (text[end] === backslash) end++;
    const string = String(JSON.parse(text.subarray(start, end + 1).toString("utf8")));
    made.set(index, string);
    return string;
  };
}
