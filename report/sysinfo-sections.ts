import type { Resource } from "../profiler/system/check-list.js";

/** The parts of a %sysinfo report that may be asked for by name. */
const sections = ["memory", "cpu", "disk", "net", "gpu", "node", "limits", "processes"] as const;

/** A part of a %sysinfo report. */
export type Section = (typeof sections)[number];

/** What a report shows. */
export interface SysinfoView {
  /** Only these parts, each in full; the whole on one screen when absent. */
  readonly sections?: readonly Section[];
  /** Everything in full. */
  readonly all?: boolean;
}

/** Whether a part is shown. */
export function shows({ sections: asked }: SysinfoView, section: Section): boolean {
  return asked === undefined || asked.includes(section) || (asked.includes("limits") && section !== "processes");
}

const sectionOf: Readonly<Record<Resource, Section>> = {
  CPU: "cpu",
  memory: "memory",
  disk: "disk",
  network: "net",
  runtime: "node",
};

/** Whether the verdict on a resource is shown. */
export function showsVerdict({ sections: asked }: SysinfoView, resource: Resource): boolean {
  return asked === undefined || asked.includes(sectionOf[resource]);
}

/** Whether the figures behind the verdicts are shown openly. */
export function isInFull({ sections: asked, all = false }: SysinfoView): boolean {
  return all || asked !== undefined;
}

/** Reads names of sections as they stand on a line; none of them means the whole report. */
export function parseSections(text: string): { readonly sections?: readonly Section[] } | { readonly unknown: string } {
  const names = text.split(/[\s,]+/).filter((name) => name !== "");
  const known = names.flatMap((name) => sections.filter((section) => section === name));
  const unknown = names.find((name) => !sections.some((section) => section === name));
  if (unknown !== undefined) {
    return { unknown: `There is no section "${unknown}"; there are: ${sections.join(", ")}.` };
  }
  return names.length === 0 ? {} : { sections: known };
}
