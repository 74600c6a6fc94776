import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

let installations = 0;

/** Writes a file below `home`, with the folders that it needs. */
export function writeIn(home: string, path: string, text: string): void {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), text);
}

/** Puts a package with these types into `home`, as a package manager does it, with a time of its own. */
export function installIn(home: string, name: string, types: string): void {
  installations += 1;
  writeIn(home, `node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", types: "index.d.ts" }));
  writeIn(home, `node_modules/${name}/index.d.ts`, types);
  writeIn(home, "node_modules/.package-lock.json", "{}");
  for (const file of [".package-lock.json", `${name}/index.d.ts`]) {
    utimesSync(join(home, "node_modules", file), installations, installations);
  }
}
