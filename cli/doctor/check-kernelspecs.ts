import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { isOurs } from "../../kernel/kernelspec/kernelspec.js";
import { messageOf } from "../../runner/errors.js";
import { type KernelspecPlace, launchOf, locateAllKernelspecs, parseKernelspec } from "../../runner/kernelspecs.js";
import type { Finding } from "./finding.js";

/** What the checks of kernelspecs depend on. */
export interface KernelspecSurroundings {
  /** The directories that Jupyter searches, the first one first. */
  readonly directories: readonly string[];
  /** The bundle of this installation. */
  readonly program: string;
  /** Where programs without a path are looked for. */
  readonly path: string;
}

/** Checks the kernelspecs that Jupyter finds: whether ours is among them, which hide others, and which cannot start. */
export async function checkKernelspecs(surroundings: KernelspecSurroundings): Promise<Finding[]> {
  const places = await locateAllKernelspecs(surroundings.directories);
  const specs = await Promise.all(places.map((place) => readSpec(place, surroundings)));
  const named = (name: string) => specs.filter((spec) => spec.name === name);
  const names = [...new Set(specs.map(({ name }) => name))];
  return [
    ...checkOurs(specs, surroundings),
    ...names.flatMap((name) => checkShadow(named(name))),
    ...specs.flatMap((spec) => checkProgram(spec, named(spec.name)[0] === spec)),
    ...checkTslab(specs),
  ];
}

const check = "kernelspec";

interface ReadSpec extends KernelspecPlace {
  readonly ours: boolean;
  readonly argv: readonly string[];
  /** Why it cannot start a kernel; absent when it can, as far as can be seen. */
  readonly fault?: string;
}

async function readSpec(place: KernelspecPlace, { path }: KernelspecSurroundings): Promise<ReadSpec> {
  let ours = false;
  try {
    const text = await readFile(join(place.directory, "kernel.json"), "utf8");
    ours = isOurs(text);
    const { argv } = await launchOf(parseKernelspec(text, place.name, place.directory));
    const fault = await findFault(argv, ours, path);
    return { ...place, ours, argv, ...(fault === undefined ? {} : { fault }) };
  } catch (error) {
    return { ...place, ours, argv: [], fault: messageOf(error) };
  }
}

async function findFault(argv: readonly string[], ours: boolean, path: string): Promise<string | undefined> {
  const [program = "", bundle = ""] = argv;
  if (!(await isProgram(program, path))) return `its program ${program} is not there, or may not be run`;
  if (ours && !(await isFile(bundle))) return `the Cellscope that it starts, ${bundle}, is not there`;
  return undefined;
}

function checkOurs(specs: readonly ReadSpec[], { program }: KernelspecSurroundings): Finding[] {
  const ours = specs.filter((spec) => spec.ours);
  if (ours.length === 0) {
    return [
      { check, level: "warning", text: "Jupyter does not know the kernel", mend: "cellscope install; see its --help" },
    ];
  }
  return ours.map((spec): Finding => {
    const isThis = spec.argv.includes(program);
    const text = `"${spec.name}" in ${spec.directory} starts ${isThis ? "this installation" : spec.argv[1]}`;
    if (isThis) return { check, level: "ok", text };
    return {
      check,
      level: "warning",
      text: `${text}, and this is ${program}`,
      mend: "if it should start this one: cellscope install, with the options that it was installed with",
    };
  });
}

function checkShadow([first, ...hidden]: readonly ReadSpec[]): Finding[] {
  if (first === undefined || hidden.length === 0) return [];
  // The same program, installed twice: whichever Jupyter takes, the same kernel starts.
  const others = hidden.filter(({ argv }) => JSON.stringify(argv) !== JSON.stringify(first.argv));
  return others.map((spec) => ({
    check,
    // Whoever chooses it gets another kernel.
    level: spec.ours && !first.ours ? "problem" : "warning",
    text: `"${first.name}" is there twice: Jupyter takes ${first.directory} and never sees ${spec.directory}`,
    mend:
      spec.ours && !first.ours
        ? "remove the first, or give ours another name: cellscope install --name NAME"
        : "remove the one that you do not want: jupyter kernelspec list shows which is taken",
  }));
}

function checkProgram({ name, directory, ours, fault }: ReadSpec, isTaken: boolean): Finding[] {
  if (fault === undefined) return [];
  const mend = ours
    ? "cellscope install, with the options that it was installed with, writes it anew; cellscope uninstall removes it"
    : `install that kernel again, or remove ${directory}`;
  const text = `"${name}" in ${directory} cannot start: ${fault}`;
  // Other people's kernels do not keep ours from working.
  return [{ check, level: ours && isTaken ? "problem" : "warning", text, mend }];
}

function checkTslab(specs: readonly ReadSpec[]): Finding[] {
  const theirs = specs.filter(({ argv }) => argv.some((word) => /(?:^|[\\/])tslab(?:\.cmd)?$/.test(word)));
  return theirs.map(({ name, directory }) => ({
    check,
    level: "ok",
    text: `"${name}" in ${directory} is tslab's own: Jupyter runs notebooks that name it by that one, and not by ours`,
  }));
}

async function isProgram(program: string, path: string): Promise<boolean> {
  if (isAbsolute(program)) return isExecutable(program);
  if (/[\\/]/.test(program)) return true; // Relative to where the kernel is started, which is not known here.
  const names = process.platform === "win32" ? [`${program}.exe`, `${program}.cmd`, program] : [program];
  for (const folder of path.split(delimiter).filter(Boolean)) {
    for (const name of names) if (await isExecutable(join(folder, name))) return true;
  }
  return false;
}

async function isExecutable(path: string): Promise<boolean> {
  return (await isFile(path)) && succeeds(access(path, constants.X_OK));
}

async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ?? false;
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
