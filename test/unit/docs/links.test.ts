import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

test.each([
  ["Where the memory went", "where-the-memory-went"],
  ["`%%memprofile`: what it *shows*", "memprofile-what-it-shows"],
  ["Kernel, executor & language", "kernel-executor--language"],
  ["[A link](x.md) in it", "a-link-in-it"],
])("the heading %j has the anchor %j", (heading, anchor) => {
  expect(slugOf(heading)).toBe(anchor);
});

test("headings of the same words are numbered, and those in code blocks are none", () => {
  expect(anchorsOf("# One\n```sh\n# Two\n```\n## One\n")).toEqual(["one", "one-1"]);
});

test("links are found in text, tables and pictures, and not in code", () => {
  const text = "[a](x.md) ![b](y.png)\n| [c](z.md#there) |\n`[d](no.md)`\n```\n[e](no.md)\n```\n[f]: w.md\n";
  expect(linksOf(text)).toEqual(["x.md", "y.png", "z.md#there", "w.md"]);
});

const pages = listPages();

test("there are pages to look at", () => {
  expect(pages.map(({ path }) => path)).toEqual(expect.arrayContaining(["README.md", "docs/architecture.md"]));
});

test.each(pages.map(({ path, text }) => [path, text]))("every link in %s leads somewhere", (path, text) => {
  const broken = linksOf(text).filter((link) => !leadsSomewhere(link, path, text));
  expect(broken).toEqual([]);
});

/** The project's own pages: Markdown files, and the Markdown of notebooks. */
function listPages(): { readonly path: string; readonly text: string }[] {
  const paths = [".", "docs", "docs/magics", "docs/decisions", "notebooks"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => /\.(md|ipynb)$/.test(name))
      .map((name) => join(folder, name)),
  );
  return paths.map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, text: path.endsWith(".ipynb") ? markdownOf(text) : text };
  });
}

function markdownOf(notebook: string): string {
  const { cells } = JSON.parse(notebook) as { cells: { cell_type: string; source: string | string[] }[] };
  return cells
    .filter(({ cell_type }) => cell_type === "markdown")
    .map(({ source }) => [source].flat().join(""))
    .join("\n\n");
}

function leadsSomewhere(link: string, path: string, text: string): boolean {
  if (/^[a-z]+:/.test(link)) return true;
  const [file = "", anchor] = decodeURI(link).split("#");
  const target = join(root, dirname(path), file);
  if (file !== "" && (!existsSync(target) || relative(root, target).startsWith(".."))) return false;
  if (anchor === undefined) return true;
  if (file !== "" && statSync(target).isDirectory()) return false;
  const shown = file === "" ? text : readFileSync(target, "utf8");
  return anchorsOf(shown).includes(anchor);
}

function linksOf(text: string): string[] {
  const prose = withoutCodeBlocks(text).replaceAll(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const definitions = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return [...inline, ...definitions].flatMap(([, link]) => link ?? []);
}

function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutCodeBlocks(text).matchAll(/^#{1,6} +(.+?)(?: +#+)?$/gm)].map(([, heading = ""]) => {
    const slug = slugOf(heading);
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** A heading's anchor, as GitHub makes it. */
function slugOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, "")
    .replaceAll(" ", "-");
}

function withoutCodeBlocks(text: string): string {
  return text.replaceAll(/^ {0,3}(```+|~~~+)[\s\S]*?^ {0,3}\1\s*$/gm, "");
}
