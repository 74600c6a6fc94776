// A process of its own: a heap snapshot is larger than what it shows, and reading it must not hold up the kernel.
import { readFileSync } from "node:fs";
import { findSurvivors, highestId } from "./find-survivors.js";
import { parseHeapGraph } from "./heap-graph.js";

const [before = "", after = ""] = process.argv.slice(2);
const boundary = highestId(parseHeapGraph(readFileSync(before)));
process.stdout.write(JSON.stringify(findSurvivors(parseHeapGraph(readFileSync(after)), boundary)));
