// The files of `%memprofile --output FILE`, of a real run, each opened by the tool that it is for: speedscope's own
// importers in the browser, Chrome's DevTools, pyarrow, and Python's protobuf.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CellKernel, startCells } from "../../bench/cells.js";
import { connectBrowser } from "./notebook-page.js";

const speedscope = join(
  dirname(createRequire(import.meta.url).resolve("speedscope/package.json")),
  "dist/release/index.html",
);
const code = `function spin(turns: number) { let sum = 0; for (let turn = 0; turn < turns; turn++) sum += Math.sqrt(turn) % 3; return sum; }
function hold() { return Buffer.alloc(40 * 1048576, 1); }
function load() { return [hold(), spin(3e7)]; }
let held: unknown = load();`;

let directory: string;
let kernel: CellKernel;
let browser: Browser;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cellscope-tools-"));
  kernel = await startCells();
  await kernel.run(`%cd ${directory}`);
  browser = await connectBrowser();
});
afterAll(async () => {
  await browser?.close();
  await kernel?.close();
  await rm(directory, { recursive: true });
});

/** Runs the cell and writes its file. */
async function measure(name: string): Promise<string> {
  const { outcome, text } = await kernel.run(`%%memprofile -q --output ${name}\n${code}`);
  expect([outcome.status, text]).toEqual(["ok", ""]);
  await kernel.run("held = undefined;");
  return join(directory, name);
}

test.each([
  ["run.speedscope.json", "Importing as speedscope json file", /^\d+(\.\d+)? MB/],
  ["run.heapprofile", "Importing as Chrome Heap Profile", /^\d+(\.\d+)? MB/],
  ["run.cpuprofile", "Importing as Chrome CPU Profile", /^\d+(\.\d+)?m?s/],
  ["run.pb.gz", "Importing as protobuf encoded pprof file", /^\d+(\.\d+)? MB/],
])("speedscope opens %s", async (name, importer, unit) => {
  const file = await readFile(await measure(name));
  // As speedscope's own command line hands a file to its page.
  const loader = join(directory, "load.js");
  await writeFile(loader, `speedscope.loadFileFromBase64(${JSON.stringify(name)}, "${file.toString("base64")}");`);
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  const problems: string[] = [];
  const said: string[] = [];
  page.on("console", (message) => (message.type() === "error" ? problems : said).push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => {
    problems.push(dialog.message());
    dialog.dismiss().catch((error: unknown) => problems.push(String(error)));
  });
  await page.goto(`${pathToFileURL(speedscope).href}#view=sandwich&localProfilePath=${loader}`);
  const wanted = name === "run.cpuprofile" ? "spin" : "hold";
  const row = page.getByRole("row").filter({ hasText: wanted }).first();
  await row.waitFor();
  expect(said).toContain(importer);
  const cells = await row.getByRole("cell").allTextContents();
  expect(cells.at(-1)).toBe(wanted);
  // What the function took itself, and with all that it called.
  for (const cell of cells.slice(0, 2)) expect(cell).toMatch(unit);
  if (wanted === "hold") expect(Number.parseFloat(cells[1] ?? "")).toBeGreaterThanOrEqual(40);
  expect(problems).toEqual([]);
  await page.close();
});

/** Milliseconds: how long, and how often, a tool is looked at until it has settled. */
const settling = { timeout: 10_000, interval: 200 };

/** Opens DevTools by themselves, as they stand beside a page, and gives a file to one of their panels. */
async function openInDevTools(path: string, panel: string, button: RegExp) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  await page.goto("devtools://devtools/bundled/devtools_app.html");
  await page.getByRole("tab", { name: panel, exact: true }).first().click();
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: button }).first().click();
  await (await chooser).setFiles(path);
  /** The figures of a function, and what stands beside its name. */
  const rowOf = async (name: string) => {
    const row = page.getByRole("row").filter({ hasText: name }).first();
    await row.waitFor();
    return (await row.locator("td").allInnerTexts()).map((cell) => cell.replace(/\s+/g, " ").trim());
  };
  return { page, rowOf };
}

test("the Memory panel of Chrome's DevTools opens run.heapprofile", async () => {
  const { page, rowOf } = await openInDevTools(await measure("run.heapprofile"), "Memory", /^Load profile/);
  await page.getByRole("treeitem", { name: /run/ }).click();
  const [own = "", all = "", name] = await rowOf("hold");
  expect(name).toMatch(/^hold/);
  // In millions of bytes: 40 MiB.
  for (const figure of [own, all]) expect(Number.parseFloat(figure)).toBeGreaterThanOrEqual(41.9);
  expect((await rowOf("load"))[2]).toMatch(/^load/);
  await page.close();
});

test("the Performance panel of Chrome's DevTools opens run.cpuprofile", async () => {
  const { page, rowOf } = await openInDevTools(await measure("run.cpuprofile"), "Performance", /^Load trace/);
  // Not by the pointer: in a new profile of a browser DevTools have a tip in front of it.
  await page.getByRole("tab", { name: "Bottom-up" }).dispatchEvent("mousedown", { button: 0 });
  // Once the profile is loaded, DevTools settle on the span that they show: what they say before is of another one. The
  // percentages are of a span that they choose, at times a hundredth of the profile; the times are of all of it.
  await expect
    .poll(async () => {
      const [own = "", all = "", name = ""] = await rowOf("spin");
      const [ownTime = 0, allTime = 0] = [own, all].map((figure) => {
        const [, time, unit] = /^([\d.]+) (m?s)/.exec(figure) ?? [];
        return Number(time) * (unit === "s" ? 1000 : 1);
      });
      const isRight = ownTime > 10 && allTime >= ownTime;
      return isRight ? name : `${name} ${own} ${all}`;
    }, settling)
    .toMatch(/^spin In\[\d+\]:2:1$/);
  await page.close();
});

/** Runs a Python program that prints JSON. */
async function python(program: string, ...parameters: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.env.CELLSCOPE_PYTHON ?? "python3", [
    "-c",
    program,
    ...parameters,
  ]);
  return JSON.parse(stdout);
}

test("pyarrow reads run.arrow, whose columns are numbers", async () => {
  const read = `
import json, sys, pyarrow as pa
with pa.memory_map(sys.argv[1]) as source:
    table = pa.ipc.open_file(source).read_all()
table.validate(full=True)
print(json.dumps({"columns": {f.name: str(f.type) for f in table.schema}, "rows": table.num_rows,
                  "highest": max(table["rss"].to_pylist()), "times": table["time"].to_pylist()}))`;
  const table = (await python(read, await measure("run.arrow"))) as {
    readonly columns: Readonly<Record<string, string>>;
    readonly rows: number;
    readonly highest: number;
    readonly times: readonly number[];
  };
  expect(Object.keys(table.columns)).toEqual([
    "time",
    "rss",
    "childrenRss",
    "heapTotal",
    "heapUsed",
    "external",
    "arrayBuffers",
    "cpu",
  ]);
  expect(new Set(Object.values(table.columns))).toEqual(new Set(["double"]));
  expect(table.rows).toBeGreaterThan(3);
  expect(table.highest).toBeGreaterThan(40 * 1048576);
  expect(table.times).toEqual(table.times.toSorted((one, other) => one - other));
});

test("Python's protobuf reads run.pb.gz by the fields of pprof's profile.proto", async () => {
  // Field numbers and types as profile.proto has them; what is not in it would be an unknown field.
  const read = `
import gzip, json, sys
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
T = descriptor_pb2.FieldDescriptorProto
messages = {
    "ValueType": [("type", 1, "i"), ("unit", 2, "i")],
    "Label": [("key", 1, "i"), ("str", 2, "i"), ("num", 3, "i"), ("num_unit", 4, "i")],
    "Sample": [("location_id", 1, "u*"), ("value", 2, "i*"), ("label", 3, "Label*")],
    "Line": [("function_id", 1, "u"), ("line", 2, "i"), ("column", 3, "i")],
    "Location": [("id", 1, "u"), ("mapping_id", 2, "u"), ("address", 3, "u"), ("line", 4, "Line*"), ("is_folded", 5, "b")],
    "Function": [("id", 1, "u"), ("name", 2, "i"), ("system_name", 3, "i"), ("filename", 4, "i"), ("start_line", 5, "i")],
    "Profile": [("sample_type", 1, "ValueType*"), ("sample", 2, "Sample*"), ("location", 4, "Location*"), ("function", 5, "Function*"),
                ("string_table", 6, "s*"), ("drop_frames", 7, "i"), ("keep_frames", 8, "i"), ("time_nanos", 9, "i"), ("duration_nanos", 10, "i"),
                ("period_type", 11, "ValueType"), ("period", 12, "i"), ("comment", 13, "i*"), ("default_sample_type", 14, "i")],
}
kinds = {"i": T.TYPE_INT64, "u": T.TYPE_UINT64, "b": T.TYPE_BOOL, "s": T.TYPE_STRING}
file = descriptor_pb2.FileDescriptorProto(name="profile.proto", package="p", syntax="proto3")
for name, fields in messages.items():
    message = file.message_type.add(name=name)
    for field, number, kind in fields:
        base = kind.rstrip("*")
        added = message.field.add(name=field, number=number, label=T.LABEL_REPEATED if kind.endswith("*") else T.LABEL_OPTIONAL)
        if base in kinds: added.type = kinds[base]
        else: added.type, added.type_name = T.TYPE_MESSAGE, ".p." + base
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
profile = message_factory.GetMessageClass(pool.FindMessageTypeByName("p.Profile"))()
profile.ParseFromString(gzip.open(sys.argv[1]).read())
again = profile.SerializeToString()
profile.DiscardUnknownFields()
text = profile.string_table
functions = {each.id: each for each in profile.function}
places = {each.id: functions[each.line[0].function_id] for each in profile.location}
print(json.dumps({
    "known": again == profile.SerializeToString(), "first": text[0],
    "types": [text[each.type] + "/" + text[each.unit] for each in profile.sample_type], "shown": text[profile.default_sample_type],
    "seconds": profile.duration_nanos / 1e9, "year": 1970 + profile.time_nanos / 1e9 / 31556952,
    "stacks": [{"names": [text[places[at].name] for at in each.location_id], "lines": [places[at].start_line for at in each.location_id], "values": list(each.value)} for each in profile.sample]}))`;
  const profile = (await python(read, await measure("run.pb.gz"))) as {
    readonly stacks: readonly {
      readonly names: readonly string[];
      readonly lines: readonly number[];
      readonly values: readonly number[];
    }[];
  };
  expect(profile).toMatchObject({
    known: true,
    first: "",
    types: ["inuse_space/bytes", "inuse_heap/bytes", "inuse_off_heap/bytes", "samples/count", "cpu/nanoseconds"],
    shown: "inuse_space",
  });
  const stackOf = (name: string, column: number) =>
    profile.stacks
      .filter(({ names }) => names[0] === name)
      .toSorted((one, other) => (other.values[column] ?? 0) - (one.values[column] ?? 0))[0];
  const hold = stackOf("hold", 0);
  expect(hold?.names.slice(0, 2)).toEqual(["hold", "load"]);
  expect(hold?.names[2]).toMatch(/^In\[\d+\]$/);
  expect(hold?.lines.slice(0, 2)).toEqual([3, 4]);
  expect(hold?.values[2]).toBeGreaterThanOrEqual(40 * 1048576);
  expect(stackOf("spin", 4)?.values[4]).toBeGreaterThan(10e6);
});
