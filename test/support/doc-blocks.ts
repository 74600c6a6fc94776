import { readFile } from "node:fs/promises";

/** A block of code in a document. */
export interface DocBlock {
  readonly language: string;
  /** The name that its first line gives as a comment: `// run.mjs` or `# .gitlab-ci.yml`. */
  readonly name: string;
  readonly text: string;
}

/** The blocks of code of a document that have names. */
export async function readNamedBlocks(path: string): Promise<DocBlock[]> {
  const document = await readFile(path, "utf8");
  return [...document.matchAll(/^```(\w+)\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", name = "", text = ""]) => ({ language, name, text }),
  );
}
