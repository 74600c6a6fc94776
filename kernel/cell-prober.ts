// Probes for lines: in the cell that is about to run, and in functions of cells that have run. What these were
// converted to is remembered, so that it can be exchanged for the same with probes.
import type { LineProbes, ProbedCell } from "./interpreter.js";
import type { ProbedCode, ProbeOrder } from "./language/line-probes/line-probes.js";
import { probeNames } from "./language/line-probes/names.js";
import type { Conversion, Language } from "./language/requests.js";

type Converted = Extract<Conversion, { readonly status: "converted" }>;

interface CellText {
  readonly name: string;
  readonly source: string;
  readonly code: string;
  readonly sourceMap: string;
}

interface RememberedCell extends CellText {
  readonly script: string;
  readonly declares: readonly string[];
}

/** Probes on their way into code. */
interface Order {
  readonly firstSite: number;
  readonly scripts: ProbedCell[];
  readonly notes: string[];
  /** Functions that are still looked for. */
  readonly wanted: Set<string>;
}

/** As many sites as the executor has room for, without the one that is none. */
const siteCount = 65_535;
/** So many sites one measurement may have. */
const siteLimit = 16_384;
/** Past this many characters of code the oldest cells go. */
const rememberedCharacters = 32 * 1024 * 1024;

/** Gives probes to cells. */
export class CellProber {
  private readonly language: Pick<Language, "probe">;
  private readonly cells: RememberedCell[] = [];
  private readonly timesUsed = new Map<string, number>();
  private characters = 0;
  private nextSite = 1;

  constructor(language: Pick<Language, "probe">) {
    this.language = language;
  }

  /** What is to run instead of `conversion`. */
  async probe(name: string, source: string, conversion: Converted, probes: LineProbes): Promise<Converted> {
    const order = this.begin(probes);
    let runs = conversion;
    if (conversion.sourceMap !== undefined && (probes.cell || order.wanted.size > 0)) {
      const cell = { name, source, code: conversion.code, sourceMap: conversion.sourceMap };
      const taken = await this.take(order, cell, probes.cell ? {} : { functions: [...order.wanted] });
      if (taken !== undefined) {
        runs = { ...conversion, code: taken.probed.code, sourceMap: taken.probed.sourceMap };
        order.scripts.push({ ...taken.script, isCurrent: true });
      }
      // A function of the cell itself is a part of its table.
      if (probes.cell) for (const declared of conversion.declares) order.wanted.delete(declared);
    }
    await this.takeRemembered(order, probes);
    return runs;
  }

  /** Gives probes to functions of cells that have run, or that have begun to. */
  async probeFunctions(probes: LineProbes): Promise<void> {
    await this.takeRemembered(this.begin(probes), probes);
  }

  private begin({ functions }: LineProbes): Order {
    // Functions that keep their probes keep their numbers: they must mean nothing else for as long as possible.
    if (this.nextSite + siteLimit > siteCount) this.nextSite = 1;
    return { firstSite: this.nextSite, scripts: [], notes: [], wanted: new Set(functions) };
  }

  /** Gives probes to one cell: all of it, or what is asked for of it; `undefined` when that is not there. */
  private async take(
    { firstSite, wanted, notes }: Order,
    { name, source, code, sourceMap }: CellText,
    asked: Pick<ProbeOrder, "functions" | "places">,
  ): Promise<{ readonly probed: ProbedCode; readonly script: Omit<ProbedCell, "isCurrent"> } | undefined> {
    const used = this.nextSite - firstSite;
    const probed = await this.language.probe({
      code,
      sourceMap,
      firstSite: this.nextSite,
      siteLimit: siteLimit - used,
      ...asked,
    });
    for (const found of probed.functions) wanted.delete(found.name);
    for (const { line } of probed.missed) wanted.add(`the function at ${name}, line ${line + 1} of its JavaScript`);
    const isWhole = asked.functions === undefined && asked.places === undefined;
    if (!isWhole && probed.functions.length === 0) return undefined;
    this.nextSite += probed.sites.length;
    notes.push(...probed.notes);
    const script = { name, source, sites: probed.sites, plain: code, inner: probed.inner, probed: probed.code };
    return { probed, script: isWhole ? script : { ...script, functions: probed.functions } };
  }

  private async takeRemembered(order: Order, { places = [], onProbed }: LineProbes): Promise<void> {
    const { wanted, scripts, firstSite, notes } = order;
    const left = new Set(places);
    for (const cell of this.cells.toReversed()) {
      if (wanted.size === 0 && left.size === 0) break;
      const functions = [...wanted].filter((each) => cell.declares.includes(each.split(".")[0] ?? ""));
      const here = [...left].filter(({ script }) => script === cell.script);
      if (functions.length === 0 && here.length === 0) continue;
      for (const place of here) left.delete(place);
      const taken = await this.take(order, cell, { functions, places: here });
      if (taken === undefined) continue;
      scripts.push({ ...taken.script, ...(here.length > 0 && { script: cell.script }), isCurrent: false });
    }
    for (const { script } of left) wanted.add(`the function in ${script}`);
    onProbed({ firstSite, scripts, names: probeNames, unknown: [...wanted], notes });
  }

  /** Keeps what is about to run for a later `probe`. */
  remember(name: string, source: string, { code, sourceMap, declares }: Converted): void {
    // As the executor names the scripts of one cell: see `Notebook` of executor/cell.ts.
    const times = (this.timesUsed.get(name) ?? 0) + 1;
    this.timesUsed.set(name, times);
    const script = times === 1 ? name : `${name}~${times}`;
    if (sourceMap === undefined || !/=>|\bfunction\b|\bclass\b|\)\s*\{/.test(code)) return;
    this.cells.push({ name, script, source, code, sourceMap, declares });
    this.characters += code.length + sourceMap.length;
    while (this.characters > rememberedCharacters && this.cells.length > 1) {
      const [oldest] = this.cells.splice(0, 1);
      if (oldest !== undefined) this.characters -= oldest.code.length + oldest.sourceMap.length;
    }
  }

  /** The process that has run the cells is gone. */
  forget(): void {
    this.cells.length = 0;
    this.characters = 0;
    this.timesUsed.clear();
  }
}
