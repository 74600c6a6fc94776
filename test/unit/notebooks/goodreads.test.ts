import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bookLine, type GoodreadsBook, writeBooks } from "../../../notebooks/goodreads.js";

/** The fields of the published file, in its order. */
const fields = [
  "isbn",
  "text_reviews_count",
  "series",
  "country_code",
  "language_code",
  "popular_shelves",
  "asin",
  "is_ebook",
  "average_rating",
  "kindle_asin",
  "similar_books",
  "description",
  "format",
  "link",
  "authors",
  "publisher",
  "num_pages",
  "publication_day",
  "isbn13",
  "publication_month",
  "edition_information",
  "publication_year",
  "url",
  "image_url",
  "book_id",
  "ratings_count",
  "work_id",
  "title",
  "title_without_series",
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "goodreads-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const parsed = (seed: number, index: number) => JSON.parse(bookLine(seed, index)) as GoodreadsBook;

test("every row has the 29 fields of the real file, in its order, and no value but strings and lists", () => {
  for (let index = 0; index < 200; index++) {
    const book = parsed(1, index);
    expect(Object.keys(book)).toEqual(fields);
    const { series, popular_shelves, similar_books, authors, ...texts } = book;
    for (const text of [...Object.values(texts), ...series, ...similar_books]) expect(text).toBeTypeOf("string");
    for (const shelf of popular_shelves) expect(Object.keys(shelf)).toEqual(["count", "name"]);
    for (const author of authors) expect(Object.keys(author)).toEqual(["author_id", "role"]);
  }
});

test("a row is a single line of ASCII with the separators of Python's json.dumps", () => {
  for (let index = 0; index < 200; index++) {
    const line = bookLine(7, index);
    expect(line).toMatch(/^[ -~]+$/);
    // As Python writes it: one blank after each colon and comma outside strings.
    const skeleton = line
      .replaceAll(/"(?:[^"\\]|\\.)*"/g, "s")
      .replaceAll(", ", "")
      .replaceAll(": ", "");
    expect(skeleton).toMatch(/^[s{}[\]]+$/);
  }
});

test("rows are 4.2 kB in the mean, as in the real file, and differ in length by a third", () => {
  const lengths = Array.from({ length: 5000 }, (_, index) => bookLine(3, index).length + 1);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const deviation = Math.sqrt(lengths.reduce((sum, length) => sum + (length - mean) ** 2, 0) / lengths.length);
  expect(mean).toBeGreaterThan(4100);
  expect(mean).toBeLessThan(4300);
  expect(deviation / mean).toBeGreaterThan(0.25);
  expect(deviation / mean).toBeLessThan(0.45);
});

test("a description is empty, plain or typeset", () => {
  const descriptions = Array.from({ length: 2000 }, (_, index) => parsed(1, index).description);
  const written = descriptions.filter((text) => text !== "");
  const typeset = written.filter((text) => /[^\u0000-\u00ff]/.test(text));
  expect(written.length / descriptions.length).toBeCloseTo(0.85, 1);
  expect(typeset.length / written.length).toBeCloseTo(0.32, 1);
});

test("no book is twice on one shelf, and the fullest shelf comes first", () => {
  for (let index = 0; index < 300; index++) {
    const { popular_shelves: shelves } = parsed(1, index);
    const counts = shelves.map(({ count }) => Number(count));
    expect(new Set(shelves.map(({ name }) => name)).size).toBe(shelves.length);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  }
});

test("an ISBN has the check digit that it should have", () => {
  const books = Array.from({ length: 300 }, (_, index) => parsed(5, index)).filter(({ isbn }) => isbn !== "");
  expect(books.length).toBeGreaterThan(100);
  for (const { isbn, isbn13 } of books) {
    const ten = [...isbn].map((digit) => (digit === "X" ? 10 : Number(digit)));
    const thirteen = [...isbn13].map(Number);
    expect(ten.reduce((sum, digit, i) => sum + digit * (10 - i), 0) % 11).toBe(0);
    expect(thirteen.reduce((sum, digit, i) => sum + digit * (i % 2 === 0 ? 1 : 3), 0) % 10).toBe(0);
  }
});

test("the same seed gives the same rows, another seed others", () => {
  expect(bookLine(1, 12)).toBe(bookLine(1, 12));
  expect(bookLine(2, 12)).not.toBe(bookLine(1, 12));
  expect(bookLine(1, 13)).not.toBe(bookLine(1, 12));
});

test("a short file is the beginning of a long one", async () => {
  const short = await writeBooks({ path: join(folder, "new/short.json"), rows: 40, seed: 9 });
  const long = await writeBooks({ path: join(folder, "long.json"), rows: 700, seed: 9 });
  const shortText = await readFile(short.path, "utf8");
  const longText = await readFile(long.path, "utf8");
  expect(longText.startsWith(shortText)).toBe(true);
  expect(shortText.split("\n")).toEqual([...Array.from({ length: 40 }, (_, index) => bookLine(9, index)), ""]);
  expect(long).toEqual({ path: join(folder, "long.json"), rows: 700, bytes: longText.length });
});

test("no rows make an empty file", async () => {
  const { path, bytes } = await writeBooks({ path: join(folder, "none.json"), rows: 0 });
  expect(bytes).toBe(0);
  expect(await readFile(path, "utf8")).toBe("");
});

test.each([-1, 1.5, Number.NaN])("%d rows are refused by name, and leave no file", async (rows) => {
  await expect(writeBooks({ path: join(folder, "refused/x.json"), rows })).rejects.toThrow(
    `rows must be a whole number from 0, got ${rows}.`,
  );
  expect(await readdir(folder)).not.toContain("refused");
});

test("a file that cannot be put in its place leaves nothing behind", async () => {
  await writeBooks({ path: join(folder, "taken/inside.json"), rows: 1 });
  await expect(writeBooks({ path: join(folder, "taken"), rows: 1 })).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
  expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
});
