import { UsageError } from "../../kernel/errors.js";
import type { Magic } from "./magic.js";
import { nearestName } from "./nearest.js";

/** The magics by every name they have. */
export interface Registry {
  readonly magics: Readonly<Record<string, Magic>>;
  readonly find: (name: string) => Magic | undefined;
  readonly names: readonly string[];
  /** Whether somebody who writes `%name` means a magic, perhaps with a slip. */
  readonly isMagic: (name: string) => boolean;
  /** The magic, or a `UsageError` that names the one that was probably meant. */
  readonly require: (name: string, form: "line" | "cell") => Magic;
}

/** Puts magics together; two of one name are a fault of whoever put them together. */
export function createRegistry(magics: Readonly<Record<string, Magic>>): Registry {
  const byName = new Map<string, Magic>();
  for (const magic of Object.values(magics)) {
    for (const name of [magic.name, ...magic.aliases]) {
      if (byName.has(name)) throw new Error(`two magics are called ${name}`);
      byName.set(name, magic);
    }
  }
  const names = [...byName.keys()];
  const unknown = (spelling: string, near: string | undefined) =>
    new UsageError(
      `There is no magic ${spelling}.${near === undefined ? "" : ` Did you mean ${near}?`} %lsmagic lists those there are.`,
    );
  return {
    magics,
    names,
    find: (name) => byName.get(name),
    isMagic: (name) => byName.has(name) || nearestName(name, names) !== undefined,
    require(name, form) {
      const spelling = markers[form] + name;
      if (name === "") throw new UsageError(`${spelling} needs the name of a magic: %lsmagic lists them.`);
      const magic = byName.get(name);
      if (magic === undefined) {
        const near = nearestName(name, names);
        const forms = near === undefined ? [] : (byName.get(near)?.forms ?? []);
        const marker = markers[forms.includes(form) ? form : (forms[0] ?? form)];
        throw unknown(spelling, near === undefined ? undefined : marker + near);
      }
      if (magic.forms.includes(form)) return magic;
      throw new UsageError(
        form === "line"
          ? `${spelling} is a cell magic: write %%${name} on the first line of the cell.`
          : `${spelling} is a line magic: write %${name}, with one percent sign.`,
      );
    },
  };
}

const markers = { line: "%", cell: "%%" } as const;
