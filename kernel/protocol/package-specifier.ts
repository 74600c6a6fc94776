// What cells may write for a package beside its plain name. The language and the executor read it alike.

/** A package as a cell names it. */
export interface PackageSpecifier {
  readonly name: string;
  /** `/sub/path`, or nothing. */
  readonly subpath: string;
  /** The range or the tag that is asked for, as in `npm:zod@3`. */
  readonly version?: string;
  /** How Deno spells where a package comes from; absent for a plain name. */
  readonly registry?: "npm" | "jsr";
}

/** Reads `name`, `@scope/name/sub`, `npm:name@version/sub` and `jsr:@scope/name@version`; `undefined` for all else. */
export function parsePackageSpecifier(specifier: string): PackageSpecifier | undefined {
  const match = /^(?:(npm|jsr):\/?)?((?:@[^/@:]+\/)?[^./@:#][^/@:]*)(?:@([^/]+))?(\/.+)?$/.exec(specifier);
  if (match === null) return undefined;
  const [, registry, name = "", version, subpath = ""] = match;
  // Only Deno's spelling knows versions.
  if (registry === undefined) return version === undefined ? { name, subpath } : undefined;
  return {
    name,
    subpath,
    registry: registry === "jsr" ? "jsr" : "npm",
    ...(version === undefined ? {} : { version }),
  };
}

/** A specifier as Node resolves it: without what only Deno understands. */
export function toNodeSpecifier(specifier: string): string {
  if (!/^(?:npm|jsr):/.test(specifier)) return specifier;
  const parsed = parsePackageSpecifier(specifier);
  return parsed === undefined ? specifier : parsed.name + parsed.subpath;
}

/** What to do about a module that is not there; nothing for a file. */
export function adviseMissing(specifier: string): string | undefined {
  if (/^https?:/.test(specifier)) {
    const name = /^https?:\/\/(?:esm\.sh|unpkg\.com|cdn\.skypack\.dev|cdn\.jsdelivr\.net\/npm)\/(.+)$/.exec(specifier);
    const found = name?.[1] === undefined ? undefined : parsePackageSpecifier(`npm:${name[1].replace(/[?#].*$/, "")}`);
    const example = found === undefined ? "NAME" : nameAndVersion(found);
    return `Modules are not loaded from the web. Install the package with %npm install ${example}, and import it by its name.`;
  }
  const parsed = parsePackageSpecifier(specifier);
  if (parsed === undefined) return undefined;
  if (parsed.registry === "jsr") {
    return `Packages of JSR are found when npm has installed them: !npx jsr add ${nameAndVersion(parsed)}`;
  }
  return `To install it: %npm install ${nameAndVersion(parsed)}`;
}

function nameAndVersion({ name, version }: PackageSpecifier): string {
  return version === undefined ? name : `${name}@${version}`;
}
