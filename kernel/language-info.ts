/** What front ends need to know of the language to show and save it. */
export interface LanguageInfo {
  readonly name: string;
  /** As it is shown: `TypeScript`. */
  readonly displayName: string;
  readonly version: string;
  readonly mimetype: string;
  readonly fileExtension: string;
  readonly pygmentsLexer: string;
  readonly codemirrorMode: string;
  readonly nbconvertExporter: string;
  readonly helpLinks: readonly { readonly text: string; readonly url: string }[];
}

/** JavaScript, as the running Node has it. */
export function javascriptInfo(): LanguageInfo {
  return {
    name: "javascript",
    displayName: "JavaScript",
    version: process.versions.node,
    mimetype: "text/javascript",
    fileExtension: ".js",
    pygmentsLexer: "javascript",
    codemirrorMode: "javascript",
    nbconvertExporter: "script",
    helpLinks: [
      { text: "JavaScript reference", url: "https://developer.mozilla.org/docs/Web/JavaScript" },
      { text: "Node.js documentation", url: "https://nodejs.org/api/" },
    ],
  };
}

/** TypeScript, in the version that the cells are checked with. */
export function typescriptInfo(version: string): LanguageInfo {
  return {
    name: "typescript",
    displayName: "TypeScript",
    version,
    mimetype: "text/typescript",
    fileExtension: ".ts",
    pygmentsLexer: "typescript",
    // JupyterLab 4 looks this up by name. `{ name: "javascript", typescript: true }`, as CodeMirror 5
    // had it, would be highlighted as JavaScript.
    codemirrorMode: "typescript",
    nbconvertExporter: "script",
    helpLinks: [
      { text: "TypeScript handbook", url: "https://www.typescriptlang.org/docs/handbook/" },
      { text: "Node.js documentation", url: "https://nodejs.org/api/" },
    ],
  };
}
