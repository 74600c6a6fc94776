import type { Plugin } from "esbuild";

/** A plugin for esbuild: tslab's converter works on `kernel/language/compiler.ts` instead of its fork of TypeScript. */
export declare const stockTypeScript: Plugin;
