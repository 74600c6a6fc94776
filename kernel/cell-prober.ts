// Probes for lines: in the cell that is about to run, and in functions of cells that have run. What these were
// converted to is remembered, so that it can be exchanged for the same with probes.
import type { LineProbes, ProbedCell } from "./interpreter.js";
import { probeNames } from "./language/line-probes/names.js";
import type { Conversion, Language } from "./language/requests.js";

type Converted = Extract<Conversion, { readonly status: "converted" }>;

interface RememberedCell {
  readonly name: string;
  readonly source: string;
  readonly code: string;
  readonly sourceMap: string;
  readonly declares: readonly string[];
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
  private characters = 0;
  private nextSite = 1;

  constructor(language: Pick<Language, "probe">) {
    this.language = language;
  }

  /** What is to run instead of `conversion`. */
  async probe(name: string, source: string, conversion: Converted, probes: LineProbes): Promise<Converted> {
    // Functions that keep their probes keep their numbers: they must mean nothing else for as long as possible.
    if (this.nextSite + siteLimit > siteCount) this.nextSite = 1;
    const firstSite = this.nextSite;
    const scripts: ProbedCell[] = [];
    const notes: string[] = [];
    const wanted = new Set(probes.functions);
    let runs = conversion;
    const take = async (cell: Omit<RememberedCell, "declares">, functions: readonly string[] | undefined) => {
      const { code, sourceMap } = cell;
      const used = this.nextSite - firstSite;
      const order = { code, sourceMap, firstSite: this.nextSite, siteLimit: siteLimit - used };
      const probed = await this.language.probe(functions === undefined ? order : { ...order, functions });
      for (const found of probed.functions) wanted.delete(found.name);
      if (functions !== undefined && probed.functions.length === 0) return undefined;
      this.nextSite += probed.sites.length;
      notes.push(...probed.notes);
      const { name, source } = cell;
      const script = { name, source, sites: probed.sites, plain: code, probed: probed.code };
      return { probed, script: functions === undefined ? script : { ...script, functions: probed.functions } };
    };
    if (conversion.sourceMap !== undefined && (probes.cell || wanted.size > 0)) {
      const cell = { name, source, code: conversion.code, sourceMap: conversion.sourceMap };
      const taken = await take(cell, probes.cell ? undefined : [...wanted]);
      if (taken !== undefined) {
        runs = { ...conversion, code: taken.probed.code, sourceMap: taken.probed.sourceMap };
        scripts.push({ ...taken.script, isCurrent: true });
      }
      // A function of the cell itself is a part of its table.
      if (probes.cell) for (const declared of conversion.declares) wanted.delete(declared);
    }
    for (const cell of this.cells.toReversed()) {
      if (wanted.size === 0) break;
      const here = [...wanted].filter((each) => cell.declares.includes(each.split(".")[0] ?? ""));
      if (here.length === 0) continue;
      const taken = await take(cell, here);
      if (taken === undefined) continue;
      scripts.push({ ...taken.script, isCurrent: false });
    }
    probes.onProbed({ firstSite, scripts, names: probeNames, unknown: [...wanted], notes });
    return runs;
  }

  /** Keeps what has run for a later `probe`. */
  remember(name: string, source: string, { code, sourceMap, declares }: Converted): void {
    if (sourceMap === undefined || declares.length === 0) return;
    this.cells.push({ name, source, code, sourceMap, declares });
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
  }
}
