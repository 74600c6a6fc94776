import ts from "typescript";
import { expect, test } from "vitest";
import type { Binding } from "../../../kernel/interpreter.js";
import type { MimeBundle } from "../../../kernel/protocol/mime.js";
import type { MagicContext } from "../../../magics/dispatch/magic.js";
import { sysinfo } from "../../../magics/sysinfo.js";
import { sysinfoType } from "../../../magics/sysinfo-type.js";

const executor = { role: "executor" as const, pid: process.pid };

async function run(options: Readonly<Record<string, unknown>>) {
  const shown: MimeBundle[] = [];
  const bound: Binding[] = [];
  const needed = {
    display: (bundle: MimeBundle) => void shown.push(bundle),
    bind: async (binding: Binding) => void bound.push(binding),
    probe: { processes: () => [executor], samplesEndpoint: async () => "", cellWatchPath: "" },
  };
  // The magic takes these three and nothing else of its context.
  const outcome = await sysinfo.run({ json: false, interval: 60, ...options }, needed as unknown as MagicContext);
  return { outcome, shown, bound };
}

test("shows one report, as text, as a page and as data", async () => {
  const { outcome, shown, bound } = await run({});
  expect(outcome).toBeUndefined();
  expect(bound).toEqual([]);
  expect(shown.map((bundle) => Object.keys(bundle))).toEqual([
    ["text/plain", "text/html", "application/vnd.cellscope.sysinfo.v1+json"],
  ]);
  expect(shown[0]?.["text/plain"]).toMatch(/^(This machine shows .*; this kernel|This kernel) may use /);
  expect(shown[0]?.["text/plain"]).toContain(`executor  ${process.pid}`);
});

test("--json shows the figures as JSON", async () => {
  const { shown } = await run({ json: true });
  const info = JSON.parse(String(shown[0]?.["text/plain"]));
  expect(info.processes).toMatchObject([executor]);
  expect(info.memory.holds.value).toBeGreaterThan(0);
});

test("-o puts the figures into a variable", async () => {
  const { bound, shown } = await run({ output: "now" });
  expect(bound).toEqual([
    {
      name: "now",
      type: sysinfoType,
      value: { kind: "json", data: shown[0]?.["application/vnd.cellscope.sysinfo.v1+json"] },
    },
  ]);
});

test.each([10, 120_000])(
  "an interval of %d ms, too short to say anything or too long to wait for, is refused",
  async (interval) => {
    await expect(run({ interval })).rejects.toThrow(`--interval must be from 50ms to 60s, got "${interval}ms".`);
  },
);

test("the type of the variable is the profiler's, both ways", () => {
  const file = `${import.meta.dirname}/bound-type.ts`;
  const text = `
    import type { SystemInfo } from "../../../profiler/system/system-info.js";
    type Bound = ${sysinfoType};
    declare const measured: SystemInfo;
    declare const bound: Bound;
    export const one: Bound = measured;
    export const other: SystemInfo = bound;
    // @ts-expect-error a reading must be told from a missing one first
    bound.memory.used.value.value;
  `;
  const options = { strict: true, noEmit: true, exactOptionalPropertyTypes: true, skipLibCheck: true, types: [] };
  const compilerOptions: ts.CompilerOptions = {
    ...options,
    // Node's own types are not needed for this one, and take seconds to read.
    lib: ["lib.es2023.d.ts"],
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(compilerOptions);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? text : readFile(name));
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, text, version) : getSourceFile(name, version);
  const program = ts.createProgram([file], compilerOptions, host);
  const problems = program.getSemanticDiagnostics(program.getSourceFile(file));
  expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
}, 30_000);
