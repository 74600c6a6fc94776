// Parameters put into a notebook, by papermill's conventions: a cell tagged `parameters` declares them with their
// defaults, and a cell tagged `injected-parameters` after it sets them for this run.
import { randomUUID } from "node:crypto";
import { RunnerError } from "../errors.js";
import { type CodeCell, type Notebook, tagsOf } from "../nbformat.js";
import type { DeclaredParameter, ParameterLanguage } from "./language.js";
import { pythonParameters } from "./python.js";
import { javascriptParameters, typescriptParameters } from "./typescript.js";
import type { Parameters } from "./values.js";

const languages: Readonly<Record<string, ParameterLanguage>> = {
  typescript: typescriptParameters,
  javascript: javascriptParameters,
  python: pythonParameters,
};

/** The parameters of one run, as papermill's metadata name them. */
export interface InjectedParameters {
  /** Those defaults that are literals. */
  readonly defaults: Parameters;
  readonly parameters: Parameters;
}

/** Puts parameters into a notebook, in place of those of an earlier run; throws a `RunnerError` for a name that is not declared. */
export async function injectParameters(
  notebook: Notebook,
  { parameters, language, name }: { readonly parameters: Parameters; readonly language: string; readonly name: string },
): Promise<InjectedParameters> {
  const names = Object.keys(parameters);
  const at = notebook.cells.findIndex((cell) => tagsOf(cell).includes("parameters"));
  const cell = notebook.cells[at];
  if (cell?.cell_type !== "code") {
    if (names.length === 0) return { defaults: {}, parameters };
    throw new RunnerError(
      `${name} takes no parameters, and was given ${names.join(", ")}: no code cell has the tag "parameters".`,
    );
  }
  const translator = Object.hasOwn(languages, language) ? languages[language] : undefined;
  if (translator === undefined) {
    if (names.length === 0) return { defaults: {}, parameters };
    const known = Object.keys(languages).join(", ");
    throw new RunnerError(
      `Parameters can be written in ${known}, and ${name} is in ${language || "no known language"}.`,
    );
  }
  const declared = await translator.findDeclared(cell.source);
  checkNames(names, declared, name);
  const others = notebook.cells.filter((other) => !tagsOf(other).includes("injected-parameters"));
  if (names.length > 0) others.splice(others.indexOf(cell) + 1, 0, injectedCell(parameters, declared, translator));
  notebook.cells = others;
  const defaults = declared
    .filter((parameter) => "value" in parameter)
    .map((parameter) => [parameter.name, parameter.value]);
  return { defaults: Object.fromEntries(defaults), parameters };
}

function checkNames(names: readonly string[], declared: readonly DeclaredParameter[], notebook: string): void {
  const known = declared.map((parameter) => parameter.name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const list = known.length === 0 ? "it declares none" : `these are: ${known.join(", ")}`;
  throw new RunnerError(`${notebook} has no parameter ${unknown.join(", ")}; ${list}.`);
}

function injectedCell(
  parameters: Parameters,
  declared: readonly DeclaredParameter[],
  { comment, formatAssignment }: ParameterLanguage,
): CodeCell {
  const lines = Object.entries(parameters).map(([name, value]) =>
    formatAssignment(name, value, declared.find((parameter) => parameter.name === name)?.type),
  );
  return {
    cell_type: "code",
    id: randomUUID().slice(0, 8),
    metadata: { tags: ["injected-parameters"] },
    source: [`${comment} Parameters`, ...lines].join("\n"),
    execution_count: null,
    outputs: [],
  };
}
