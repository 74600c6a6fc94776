// A process of its own: a heap snapshot is larger than what it shows, and reading it must not hold up the kernel.
import { readFileSync } from "node:fs";
import { findSurvivors } from "./find-survivors.js";
import { parseHeapGraph } from "./heap-graph.js";

const [before = "", after = ""] = process.argv.slice(2);
const read = (path: string) => parseHeapGraph(readFileSync(path));
process.stdout.write(JSON.stringify(findSurvivors(read(after), read(before))));
