// The page that `%memprofile --output FILE.html` writes, used as a person uses it: by pointer and by keys.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { baselineOf } from "../../magics/memory-baselines.js";
import { readPageScript } from "../../magics/page-script.js";
import type { MemoryProfile } from "../../profiler/memory-profile.js";
import { renderReportPage } from "../../report/memory-profile-page.js";
import { connectBrowser } from "./notebook-page.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const screenshots = join(root, "out/screenshots");
let directory: string;
let browser: Browser;
let page: Page;
let problems: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cellscope-page-"));
  await mkdir(screenshots, { recursive: true });
  browser = await connectBrowser();
});
afterEach(async () => {
  await page?.close();
});
afterAll(async () => {
  await browser?.close();
  await rm(directory, { recursive: true });
});

async function readProfile(name: string): Promise<MemoryProfile> {
  const path = join(root, `test/fixtures/memory-profile-${name}.json`);
  return JSON.parse(await readFile(path, "utf8")) as MemoryProfile;
}

/** Opens the page of a profile as a file, and notes everything that it asks for and that goes wrong in it. */
async function open(
  name: string,
  options: Parameters<Browser["newPage"]>[0] = {},
  more: Partial<Parameters<typeof renderReportPage>[0]> = {},
): Promise<void> {
  const path = join(directory, `${name}.html`);
  const script = await readPageScript(join(root, "dist/report/page.js"));
  await writeFile(path, renderReportPage({ profile: await readProfile(name), script, ...more }));
  page = await browser.newPage({ viewport: { width: 1100, height: 900 }, ...options });
  problems = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => {
    if (request.url() !== pathToFileURL(path).href && !request.url().startsWith("data:")) problems.push(request.url());
  });
  await page.goto(pathToFileURL(path).href);
}

const bar = (name: string) => page.getByRole("treeitem", { name: new RegExp(`^${name},`) }).first();
const widthOf = async (name: string) => (await bar(name).boundingBox())?.width ?? 0;
const barNames = () =>
  page
    .getByRole("treeitem")
    .evaluateAll((bars) => bars.map((each) => (each.getAttribute("aria-label") ?? "").split(",")[0]));
const trail = () => page.getByRole("list", { name: "Zoomed to" }).getByRole("button").allInnerTexts();
const found = () => page.getByRole("search").locator("output").textContent();
const figures = async () => {
  const [names, words] = [
    await page.locator(".figures dt").allInnerTexts(),
    await page.locator(".figures dd").allInnerTexts(),
  ];
  return new Map(names.map((each, index) => [each, words[index] ?? ""]));
};

test("a click makes a function as wide as the graph, and the way back is above it", async () => {
  await open("columns-of-rows");
  const whole = await widthOf("all");
  expect(await widthOf("toColumns")).toBeLessThan(whole / 2);
  await bar("toColumns").click();
  expect(Math.abs((await widthOf("toColumns")) - whole)).toBeLessThan(2);
  expect(await barNames()).not.toContain("parse");
  expect(await trail()).toEqual(["all", "In[2]", "toColumns"]);

  await page.getByRole("list", { name: "Zoomed to" }).getByRole("button", { name: "all" }).click();
  expect(await barNames()).toContain("parse");
  expect(problems).toEqual([]);
});

test("keys go through the functions, zoom and come back, and the focus stays in the graph", async () => {
  await open("columns-of-rows");
  await bar("all").focus();
  const focused = () =>
    page.evaluate(() => {
      const { document } = globalThis as unknown as {
        document: { activeElement: { getAttribute: (name: string) => string | null } };
      };
      return document.activeElement.getAttribute("aria-label")?.split(",")[0];
    });
  await page.keyboard.press("ArrowDown");
  expect(await focused()).toBe("In[2]");
  await page.keyboard.press("ArrowDown");
  const first = await focused();
  await page.keyboard.press("ArrowRight");
  const second = await focused();
  expect(second).not.toBe(first);
  await page.keyboard.press("Enter");
  expect(await trail()).toEqual(["all", "In[2]", second]);
  expect(await focused()).toBe(second);
  await page.keyboard.press("Escape");
  expect(await trail()).toEqual(["all"]);
  expect(await page.locator(".tip").isVisible()).toBe(true);
});

test("the tip has the place and the bytes in the heap and off it", async () => {
  await open("columns-of-rows");
  await bar("toColumns").hover();
  const tip = page.locator(".tip");
  await tip.waitFor();
  const [name, place, bytes, parts] = await tip.locator("> *").allTextContents();
  expect([name, place]).toEqual(["toColumns", "In[1]:5"]);
  expect(bytes).toMatch(/^~?[\d.]+ MiB, [\d.]+ % of [\d.]+ MiB$/);
  expect(parts).toMatch(/^heap [\d.]+ MiB, off heap ~?[\d.]+ MiB$/);
});

test("a search marks what matches, in the graph and in the table, and tells its share", async () => {
  await open("columns-of-rows");
  await page.keyboard.press("/");
  await page.keyboard.type("parse");
  expect(await found()).toMatch(/^1 function matches: 29\.28 MiB, \d+ % of [\d.]+ MiB$/);
  expect(await page.locator(".bar.match").count()).toBe(1);
  expect(await page.locator(".bar.missed").count()).toBeGreaterThan(2);
  await page.getByLabel("Find").fill("no such function");
  expect(await found()).toBe("nothing matches");
  await page.getByLabel("Find").fill("");
  expect(await page.locator(".bar.match, .bar.missed").count()).toBe(0);
});

test("inverted, the functions that allocated stand first", async () => {
  await open("columns-of-rows");
  await page.getByLabel(/^inverted/).check();
  const names = await barNames();
  expect(names[0]).toBe("all");
  const under = await page
    .locator('[role="treeitem"][aria-level="2"]')
    .evaluateAll((bars) => bars.map((each) => (each.getAttribute("aria-label") ?? "").split(",")[0]));
  expect(under.length).toBeGreaterThan(2);
  expect(under).toContain("In[2]");
  await page.getByLabel("Show").selectOption("V8's heap");
  expect(await page.locator(".fill.offHeap").count()).toBe(0);
  expect(await page.locator(".fill.heap").count()).toBeGreaterThan(1);
});

test("a drag over the course selects a stretch of time, whose figures are shown", async () => {
  await open("columns-of-rows");
  const whole = await figures();
  expect(whole.get("collections")).toMatch(/^7 minor, 1 full/);
  const box = await page.locator(".brush").boundingBox();
  if (box === null) throw new Error("There is no brush.");
  await page.mouse.move(box.x + box.width * 0.05, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
  await page.mouse.up();
  const part = await figures();
  const [, from, to] = /^(\d+) ms to ([\d.]+) s/.exec(part.get("selected") ?? "") ?? [];
  expect(Math.abs(Number(from) - 0.05 * 4460.9)).toBeLessThan(20);
  expect(Math.abs(Number(to) - 0.5 * 4.4609)).toBeLessThan(0.02);
  expect(part.get("RSS")).not.toBe(whole.get("RSS"));
  expect(part.get("collections")).toMatch(/^\d minor, \d+ ms in all$/);

  // The same by keys, and back.
  const begin = page.getByRole("slider", { name: "Begin of the selected time" });
  await begin.focus();
  await page.keyboard.press("Shift+ArrowRight");
  expect((await figures()).get("selected")).toMatch(/^66\d ms to 2\.23 s/);
  expect(await begin.getAttribute("aria-valuetext")).toMatch(/^66\d ms$/);
  await page.getByRole("button", { name: "Whole cell" }).click();
  expect(await figures()).toEqual(whole);
});

test("the table sorts by each of its columns, both ways", async () => {
  await open("columns-of-rows");
  const column = (index: number) => page.locator(`.sortable tbody td:nth-child(${index})`).allInnerTexts();
  const numbers = async () => (await column(4)).map((text) => Number(text.replace("~", "")));
  const descending = await numbers();
  expect(descending).toEqual(descending.toSorted((one, other) => other - one));
  await page.getByRole("columnheader", { name: "MiB" }).getByRole("button").click();
  expect(await numbers()).toEqual(descending.toReversed());
  await page.getByRole("columnheader", { name: "held by" }).getByRole("button").click();
  const names = await column(1);
  expect(names).toEqual(names.toSorted((one, other) => one.localeCompare(other)));
  expect(await page.locator("th[aria-sort]").allInnerTexts()).toEqual(["held by"]);
});

test("who allocated has its graph, and a column of what was gone that sorts", async () => {
  await open("temporary-allocations");
  await page.getByRole("heading", { name: "Who allocated it" }).waitFor();
  expect(await barNames()).toContain("totalsOf");
  const table = page.getByRole("table").filter({ has: page.getByRole("button", { name: "allocated by" }) });
  const column = async () =>
    table.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.lastElementChild?.textContent));
  expect(await column()).toEqual(["~97 %", "≥ 92 %", "~34 %", "—", "—"]);
  await table.getByRole("button", { name: "gone" }).click();
  expect((await column())[0]).toBe("≥ 92 %");
  expect(problems).toEqual([]);
});

test("with the stacks of other moments, the graph shows who held it in the selected time", async () => {
  await open("temporal");
  expect(await page.locator("#holders-moment").textContent()).toMatch(
    /^Held when heap and buffers were highest, at ~3\.32 s/,
  );
  const peak = await bar("all").getAttribute("aria-label");
  const end = page.getByRole("slider", { name: "End of the selected time" });
  await end.focus();
  for (let step = 0; step < 7; step++) await page.keyboard.press("Shift+ArrowLeft");
  expect(await page.locator("#holders-moment").textContent()).toMatch(
    /^Held at ~1\.01 s, the highest that was kept of the selected time: [\d.]+ MiB more than before\.$/,
  );
  expect(await bar("all").getAttribute("aria-label")).not.toBe(peak);
  expect(await bar("parse").getAttribute("aria-label")).toMatch(/38\.59 MiB/);
  expect(await page.locator(".over-time img").getAttribute("alt")).toMatch(
    /^Who held it over time: In\[3\]: up to 228\.88 MiB/,
  );
  await page.keyboard.press("Escape");
  expect(await bar("all").getAttribute("aria-label")).toBe(peak);
  expect(problems).toEqual([]);
});

test("the difference from a run before is a graph of its own", async () => {
  const created = new Date("2026-03-01T09:30:00.000Z");
  const now = baselineOf(await readProfile("columns-of-rows"), created);
  // As if `parse` had been written later.
  const frames = now.holders?.frames ?? [];
  const stacks = (now.holders?.stacks ?? []).filter(
    (stack) => !stack.frames.some((at) => frames[at]?.name === "parse"),
  );
  const before = { ...now, holders: { frames, stacks } };
  await open("columns-of-rows", {}, { comparison: { name: "one", before, now } });
  const graph = page.getByRole("tree", { name: /^Functions that held more or less/ });
  const parse = graph.getByRole("treeitem", { name: /^parse,/ });
  expect(await parse.getAttribute("aria-label")).toMatch(/0\.00 MiB before, 29\.28 MiB now: ▲ \+29\.28 MiB/);
  await page.getByLabel("Find in the difference").fill("parse");
  expect(await graph.locator(".bar.match").count()).toBe(1);
  await parse.click();
  expect(await graph.getByRole("treeitem", { name: /^toColumns,/ }).count()).toBe(0);
  expect(await page.locator("#difference-static").isVisible()).toBe(false);
  // The other graph stays as it was.
  expect(
    await page
      .getByRole("tree", { name: /^Functions, their callers above/ })
      .getByRole("treeitem", { name: /^toColumns,/ })
      .count(),
  ).toBe(1);
  expect(problems).toEqual([]);
});

test("without JavaScript the page has its pictures and tables", async () => {
  await open("columns-of-rows", { javaScriptEnabled: false });
  expect(await page.locator("img").count()).toBe(2);
  expect(await page.locator("#holders-static table").isVisible()).toBe(true);
  expect(await page.getByText("peak memory: 232.31 MiB").isVisible()).toBe(true);
});

test.each(["light", "dark"] as const)("the page can be seen, %s", async (colorScheme) => {
  await open("columns-of-rows", { colorScheme });
  await page.getByLabel("Find").fill("toColumns");
  await page.screenshot({ path: join(screenshots, `memprofile-page-${colorScheme}.png`), fullPage: true });
  const ground = await page.evaluate(() => {
    const { getComputedStyle, document } = globalThis as unknown as {
      getComputedStyle: (element: unknown) => { backgroundColor: string };
      document: { body: unknown };
    };
    return getComputedStyle(document.body).backgroundColor;
  });
  expect(ground).toBe(colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(17, 17, 17)");
});
