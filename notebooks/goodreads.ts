// Makes `goodreads_books.json`: JSON lines with the 29 fields of the UCSD Book Graph's file of that name,
// filled with invented books. Numbers, flags and dates are strings, as in the real file, and the separators
// and escapes are those of Python's `json.dumps`. The lengths are tuned to the real file's mean of about 4.2 kB a row.
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** One row of the file. Every value is a string, also where it holds a number; missing ones are empty. */
export interface GoodreadsBook {
  readonly isbn: string;
  readonly text_reviews_count: string;
  readonly series: readonly string[];
  readonly country_code: string;
  readonly language_code: string;
  readonly popular_shelves: readonly { readonly count: string; readonly name: string }[];
  readonly asin: string;
  readonly is_ebook: string;
  readonly average_rating: string;
  readonly kindle_asin: string;
  readonly similar_books: readonly string[];
  readonly description: string;
  readonly format: string;
  readonly link: string;
  readonly authors: readonly { readonly author_id: string; readonly role: string }[];
  readonly publisher: string;
  readonly num_pages: string;
  readonly publication_day: string;
  readonly isbn13: string;
  readonly publication_month: string;
  readonly edition_information: string;
  readonly publication_year: string;
  readonly url: string;
  readonly image_url: string;
  readonly book_id: string;
  readonly ratings_count: string;
  readonly work_id: string;
  readonly title: string;
  readonly title_without_series: string;
}

/** What `writeBooks` wrote. */
export interface WrittenBooks {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Writes `rows` books, one a line, to `path`, making its directory if need be. The file appears under its name
 * only when it is whole. Row i depends on `seed` and i alone: a short file is the beginning of a long one.
 */
export async function writeBooks({
  path,
  rows,
  seed = 1,
}: {
  readonly path: string;
  readonly rows: number;
  readonly seed?: number;
}): Promise<WrittenBooks> {
  if (!Number.isSafeInteger(rows) || rows < 0) throw new RangeError(`rows must be a whole number from 0, got ${rows}.`);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, got ${seed}.`);
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.part`;
  const file = await open(unfinished, "w");
  let bytes = 0;
  try {
    let lines = "";
    for (let index = 0; index < rows; index++) {
      lines += `${bookLine(seed, index)}\n`;
      if (lines.length < chunkLength && index < rows - 1) continue;
      // Everything beyond ASCII is escaped, so a character is a byte. Waiting for each write bounds the memory.
      const chunk = Buffer.from(lines, "latin1");
      await file.writeFile(chunk);
      bytes += chunk.length;
      lines = "";
    }
    await file.close();
    await rename(unfinished, path);
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  }
  return { path, rows, bytes };
}

/** The text of row `index` (from 0), without the line feed. */
export function bookLine(seed: number, index: number): string {
  const random = randomOf(seed, index);
  // How well known the book is decides how often it was rated, reviewed and shelved.
  const fame = random();
  const ratings = Math.floor(Math.exp(2 + fame * 5 + random() * fame * 4));
  const bookId = String(1 + Math.floor(random() * 36_000_000));
  const title = makeTitle(random);
  const series = random() < 0.38;
  const fullTitle = series ? `${title} (${pick(places, random)} Chronicles, #${1 + Math.floor(random() * 9)})` : title;
  const isEbook = random() < 0.17;
  const isbn = !isEbook && random() < 0.68 ? makeIsbn(random) : undefined;
  const page = `https://www.goodreads.com/book/show/${bookId}-${slugOf(title)}`;
  const dated = random() < 0.75;
  return (
    `{"isbn": "${isbn?.isbn10 ?? ""}", "text_reviews_count": "${Math.ceil(ratings * (0.04 + random() * 0.1))}", ` +
    `"series": ${idList(random, series ? 1 : 0, 1_150_000)}, "country_code": "US", ` +
    `"language_code": "${pickWeighted(languages, random)}", "popular_shelves": ${shelves(random, fame, ratings)}, ` +
    `"asin": "${isEbook && random() < 0.9 ? makeAsin(random) : ""}", "is_ebook": "${isEbook}", ` +
    `"average_rating": "${(2.9 + (random() + random() + random()) * 0.65).toFixed(2)}", ` +
    `"kindle_asin": "${random() < 0.44 ? makeAsin(random) : ""}", ` +
    `"similar_books": ${idList(random, random() < 0.55 ? Math.ceil(fame * 18) : 0, 36_000_000)}, ` +
    `"description": ${random() < 0.15 ? '""' : quoted(makeDescription(random))}, ` +
    `"format": "${isEbook ? "ebook" : pickWeighted(formats, random)}", "link": "${page}", ` +
    `"authors": ${authors(random)}, "publisher": ${random() < 0.72 ? quoted(pick(publishers, random)) : '""'}, ` +
    `"num_pages": "${random() < 0.68 ? 32 + Math.floor((random() + random()) * 330) : ""}", ` +
    `"publication_day": "${dated ? 1 + Math.floor(random() * 31) : ""}", "isbn13": "${isbn?.isbn13 ?? ""}", ` +
    `"publication_month": "${dated ? 1 + Math.floor(random() * 12) : ""}", ` +
    `"edition_information": "${random() < 0.09 ? pick(editions, random) : ""}", ` +
    `"publication_year": "${random() < 0.78 ? 2017 - Math.floor(random() ** 2 * 60) : ""}", "url": "${page}", ` +
    `"image_url": "https://images.gr-assets.com/books/${1_255_000_000 + Math.floor(random() * 245_000_000)}m/${bookId}.jpg", ` +
    `"book_id": "${bookId}", "ratings_count": "${ratings}", "work_id": "${1 + Math.floor(random() * 56_000_000)}", ` +
    `"title": ${quoted(fullTitle)}, "title_without_series": ${quoted(title)}}`
  );
}

const chunkLength = 1 << 20;

type Random = () => number;

/** Numbers in [0, 1) that depend on `seed` and `index` alone (splitmix32 over a mixed start). */
function randomOf(seed: number, index: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 0x7f4a7c15, 0xc2b2ae35);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 4_294_967_296;
  };
}

function pick(list: readonly string[], random: Random): string {
  return list[Math.floor(random() * list.length)] ?? "";
}

/** Picks by the share that stands before each value; what is left over is empty. */
function pickWeighted(list: readonly (readonly [number, string])[], random: Random): string {
  let left = random();
  for (const [share, value] of list) {
    left -= share;
    if (left < 0) return value;
  }
  return "";
}

/** JSON as Python's `json.dumps` writes it: everything beyond ASCII escaped. */
function quoted(text: string): string {
  const json = JSON.stringify(text);
  return beyondAscii.test(json) ? json.replace(allBeyondAscii, escapeUnit) : json;
}

const beyondAscii = /[^ -~]/;
const allBeyondAscii = /[^ -~]/g;

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function idList(random: Random, length: number, highest: number): string {
  let json = "";
  for (let i = 0; i < length; i++) json += `${i > 0 ? ", " : ""}"${1 + Math.floor(random() * highest)}"`;
  return `[${json}]`;
}

/** The shelves that readers put the book on, the fullest first: a few that everybody has, then ever rarer ones. */
function shelves(random: Random, fame: number, ratings: number): string {
  const length = 10 + Math.floor(fame * 91);
  const toRead = 2 + ratings * (0.5 + random());
  let json = "";
  let rank = -1;
  for (let i = 0; i < length; i++) {
    rank = Math.max(rank + 1, Math.floor(rarest * ((i + random()) / 100) ** 3));
    const count = Math.max(1, Math.floor(toRead / (i * i * 0.8 + 1)));
    json += `${i > 0 ? ", " : ""}{"count": "${count}", "name": "${shelfName(rank)}"}`;
  }
  return `[${json}]`;
}

function shelfName(rank: number): string {
  const common = commonShelves[rank];
  if (common !== undefined) return common;
  const rest = rank - commonShelves.length;
  const subject = genres[rest % genres.length];
  const habit = habits[Math.floor(rest / genres.length) % habits.length];
  const year = Math.floor(rest / (genres.length * habits.length));
  return year === 0 ? `${habit}-${subject}` : `${habit}-${subject}-${2018 - year}`;
}

function authors(random: Random): string {
  const length = random() < 0.8 ? 1 : 2 + Math.floor(random() * 2);
  let json = "";
  for (let i = 0; i < length; i++) {
    const role = i > 0 ? pick(roles, random) : "";
    json += `${i > 0 ? ", " : ""}{"author_id": "${1 + Math.floor(random() ** 2 * 17_000_000)}", "role": "${role}"}`;
  }
  return `[${json}]`;
}

function makeTitle(random: Random): string {
  const form = random();
  if (form < 0.25) return `The ${pick(qualities, random)} ${pick(things, random)}`;
  if (form < 0.45) return `${pick(things, random)} of ${pick(places, random)}`;
  if (form < 0.6) return `The ${pick(things, random)} and the ${pick(things, random)}`;
  if (form < 0.72) return `A ${pick(qualities, random)} ${pick(things, random)} in ${pick(places, random)}`;
  if (form < 0.85) return `${pick(qualities, random)} ${pick(things, random)}s: ${pick(subtitles, random)}`;
  return `${pick(names, random)}'s ${pick(things, random)}`;
}

function makeDescription(random: Random): string {
  const sentences = 2 + Math.floor(random() ** 1.5 * 18);
  let text = "";
  for (let i = 0; i < sentences; i++) {
    if (i > 0) text += random() < 0.12 ? "\n\n" : " ";
    text += makeSentence(random);
  }
  // About a third of the texts were typeset: their quotes and dashes are not in Latin-1.
  if (random() >= 0.32) return text;
  return `${text.replaceAll("'", "’").replaceAll(" - ", "—")} “${pick(praises, random)}”`;
}

function makeSentence(random: Random): string {
  const form = random();
  const name = pick(names, random);
  if (form < 0.3) {
    return `When ${name} ${pick(events, random)} in ${pick(places, random)}, nothing is ${pick(states, random)} any more.`;
  }
  if (form < 0.55) {
    return `Everyone in ${pick(places, random)} knows ${name}, who ${pick(events, random)} - and ${pick(consequences, random)}.`;
  }
  if (form < 0.8) {
    const tone = pick(qualities, random).toLowerCase();
    return `In this ${tone} story of ${pick(themes, random)} and ${pick(themes, random)}, ${name} ${pick(events, random)} before ${pick(consequences, random)}.`;
  }
  return `It's a book about ${pick(themes, random)}, ${pick(themes, random)} and a ${pick(things, random).toLowerCase()} where ${pick(consequences, random)}.`;
}

function makeIsbn(random: Random): { readonly isbn10: string; readonly isbn13: string } {
  const digits = String(Math.floor(random() * 1_000_000_000)).padStart(9, "0");
  let sum10 = 0;
  let sum13 = 9 + 7 * 3 + 8;
  for (let i = 0; i < 9; i++) {
    const digit = digits.charCodeAt(i) - 48;
    sum10 += digit * (10 - i);
    sum13 += digit * (i % 2 === 0 ? 3 : 1);
  }
  const check10 = (11 - (sum10 % 11)) % 11;
  return {
    isbn10: `${digits}${check10 === 10 ? "X" : check10}`,
    isbn13: `978${digits}${(10 - (sum13 % 10)) % 10}`,
  };
}

function makeAsin(random: Random): string {
  return `B00${Math.floor(random() * 36 ** 7)
    .toString(36)
    .toUpperCase()
    .padStart(7, "0")}`;
}

function slugOf(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}

const languages = [
  [0.3, "eng"],
  [0.09, "en-US"],
  [0.025, "spa"],
  [0.025, "ger"],
  [0.022, "ita"],
  [0.02, "fre"],
  [0.018, "en-GB"],
  [0.015, "por"],
  [0.013, "ind"],
  [0.012, "ara"],
  [0.01, "jpn"],
] as const;
const formats = [
  [0.42, "Paperback"],
  [0.24, "Hardcover"],
  [0.06, "Mass Market Paperback"],
  [0.05, "Kindle Edition"],
  [0.03, "Audio CD"],
  [0.01, "Board Book"],
] as const;
const roles = ["", "Illustrator", "Translator", "Editor", "Narrator", "Introduction"];
const editions = ["First Edition", "2nd edition", "Large Print", "Reprint", "Illustrated", "Anniversary Edition"];
const publishers = [
  "Penguin Books",
  "Harlequin",
  "HarperCollins",
  "Simon & Schuster",
  "St. Martin's Press",
  "Oxford University Press",
  "CreateSpace Independent Publishing Platform",
  "Vintage",
  "Éditions du Seuil",
  "Suhrkamp",
  "Little, Brown",
  "Tor",
  "Editorial Anagrama",
  "Routledge",
];
const commonShelves = [
  "to-read",
  "currently-reading",
  "owned",
  "favorites",
  "fiction",
  "books-i-own",
  "kindle",
  "library",
  "ebook",
  "wish-list",
  "default",
  "to-buy",
  "series",
  "my-books",
  "i-own",
  "audiobook",
  "non-fiction",
  "fantasy",
  "romance",
  "young-adult",
  "did-not-finish",
  "my-library",
  "re-read",
  "book-club",
  "english",
];
const genres = [
  "fantasy",
  "romance",
  "history",
  "mystery",
  "crime",
  "science-fiction",
  "poetry",
  "memoir",
  "biography",
  "graphic-novels",
  "picture-books",
  "horror",
  "travel",
  "philosophy",
  "classics",
  "thriller",
  "short-stories",
  "cooking",
  "religion",
  "psychology",
  "science",
  "art",
  "paranormal",
  "dystopia",
  "humor",
  "plays",
  "politics",
  "nature",
  "westerns",
];
const habits = [
  "my",
  "read",
  "own",
  "want",
  "borrowed",
  "read-aloud",
  "to-get",
  "finished",
  "abandoned",
  "shelf",
  "five-star",
  "beach",
  "school",
  "childhood",
  "book-club",
  "lent-out",
  "e-book",
  "bedroom",
  "gift",
  "best",
  "second-hand",
  "someday",
  "challenge",
];
/** The rank of the rarest shelf: all the names that can be composed. */
const rarest = commonShelves.length + genres.length * habits.length * 40;
const qualities = [
  "Silent",
  "Last",
  "Hidden",
  "Burning",
  "Forgotten",
  "Crooked",
  "Golden",
  "Quiet",
  "Broken",
  "Winter",
  "Secret",
  "Wild",
  "Unlikely",
  "Long",
  "Little",
  "Stolen",
];
const things = [
  "House",
  "River",
  "Garden",
  "Letter",
  "Crown",
  "Daughter",
  "Orchard",
  "Map",
  "Shadow",
  "Island",
  "Clock",
  "Promise",
  "Lighthouse",
  "Library",
  "Stranger",
  "Kingdom",
  "Song",
  "Mirror",
];
const places = [
  "Lisbon",
  "Ravenmoor",
  "Montréal",
  "Kyoto",
  "Saltmarsh",
  "Zürich",
  "Alexandria",
  "Havana",
  "Thornfield",
  "Tromsø",
  "Prague",
  "Santa Fe",
  "Eldermere",
  "Mumbai",
  "Odessa",
];
const names = [
  "Clara",
  "Tomás",
  "Ingrid",
  "Yusuf",
  "Margaret",
  "Elias",
  "Noor",
  "Hannah",
  "Callum",
  "Zoë",
  "Isidore",
  "Mei",
  "Anselm",
  "Ruth",
  "Viktor",
];
const subtitles = ["A Novel", "Stories", "Essays on Home", "A Memoir", "The Complete Guide", "Poems", "An Inquiry"];
const events = [
  "finds a box of letters that nobody was meant to read",
  "comes back after twenty years",
  "loses the only map of the valley",
  "is asked to keep one last secret",
  "meets the stranger who bought the mill",
  "wakes to find the harbour empty",
  "takes a post at the old observatory",
  "opens a bookshop against all advice",
  "inherits a house with one locked room",
  "discovers what the war had hidden",
];
const consequences = [
  "the river takes it all",
  "no one in town will say why",
  "winter closes the pass for good",
  "it's far too late to turn around",
  "everything they've built starts to fall apart",
  "the truth won't stay buried",
  "an old friend asks for a favour",
  "the neighbours begin to talk",
];
const states = ["certain", "safe", "simple", "as it was", "quite what it seems", "hers to decide"];
const themes = [
  "love",
  "betrayal",
  "grief",
  "friendship",
  "exile",
  "memory",
  "ambition",
  "forgiveness",
  "growing up",
  "the sea",
  "family",
  "faith",
  "money",
  "loneliness",
];
const praises = ["Couldn’t put it down.", "A small masterpiece.", "Tender, funny and true.", "The best of the series."];
