// Runs in the browser, in the page of a report: puts what can be zoomed, searched and selected in the place of the
// pictures. It is bundled into one file, which the page carries with it.

import { type Allocations, allocatorsOf } from "../../profiler/allocations.js";
import { highestMoment, holdersAt } from "../../profiler/holder-course.js";
import { functionsOf, type PeakHolders } from "../../profiler/peak-holders.js";
import { formatDuration } from "../format.js";
import { goneShare, unseenAllocations } from "../memory-profile-allocations.js";
import { profileOfData } from "../memory-profile-data.js";
import { holdersTitle, holdersTitleAt, unseenBytes } from "../memory-profile-holders.js";
import { figuresOfSpan } from "../memory-span.js";
import { allocatedWords, heldWords, type StackWords } from "../stack-words.js";
import { addBrush, type Span } from "./brush.js";
import { type ComparedHolders, differenceView } from "./difference-view.js";
import { element } from "./dom.js";
import { HoldersView, type ShownStacks } from "./holders-view.js";
import { Tip } from "./tip.js";

const profile = profileOfData(JSON.parse(document.getElementById("profile")?.textContent ?? "null"));
const tip = new Tip();
document.body.append(tip.element);
const showHolders = startHolders();
startCourse();
startDifference();

/** Returns what shows the holders of a stretch of time. */
function startHolders(): (span: Span | undefined) => void {
  const { holders, allocations } = profile;
  if (allocations !== undefined && "value" in allocations) {
    openStacks(shownAllocators(allocations.value), allocatedWords);
    // They are those of the whole time, whichever part of it is selected.
    return () => undefined;
  }
  if (holders === undefined || "missing" in holders) return () => undefined;
  const opened = openStacks(shownFunctions(holders.value), heldWords);
  if (opened === undefined) return () => undefined;
  const { view, moment } = opened;
  moment.setAttribute("aria-live", "polite");
  return (span) => {
    const { shown, words } = holdersIn(span, holders.value);
    moment.textContent = words;
    view.show(shownFunctions(shown));
  };
}

/** Puts the graph and the table in the place of their picture. */
function openStacks(
  shown: ShownStacks,
  words: StackWords,
): { readonly view: HoldersView; readonly moment: HTMLElement } | undefined {
  const place = document.getElementById("holders");
  const moment = document.getElementById("holders-moment");
  const still = document.getElementById("holders-static");
  if (place === null || moment === null || still === null) return undefined;
  const view = new HoldersView(shown, words, tip);
  place.append(view.element);
  still.hidden = true;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement)
      return;
    event.preventDefault();
    view.focusSearch();
  });
  return { view, moment };
}

function shownFunctions(holders: PeakHolders): ShownStacks {
  return { stacks: holders, functions: { functions: functionsOf(holders), unseen: unseenBytes(holders) } };
}

function shownAllocators(allocations: Allocations): ShownStacks {
  const functions = allocatorsOf(allocations).map((each) => ({
    ...each,
    gone: { share: each.gone.likely / (each.heap + each.offHeap), text: goneShare(each, allocations) },
  }));
  return { stacks: allocations, functions: { functions, unseen: unseenAllocations(allocations) } };
}

function holdersIn(span: Span | undefined, peak: PeakHolders): { readonly shown: PeakHolders; readonly words: string } {
  const { course } = profile;
  if (span === undefined) return { shown: peak, words: holdersTitle(peak) };
  if (course === undefined || "missing" in course) {
    const words = `${holdersTitle(peak)} Stacks of other moments are kept with --temporal.`;
    return { shown: peak, words };
  }
  const found = highestMoment(course.value, span.from, span.to);
  if (found === undefined) return { shown: peak, words: holdersTitle(peak) };
  const at = holdersAt(course.value, found);
  const where =
    found.time < span.from
      ? "the last that was kept before the selected time"
      : "the highest that was kept of the selected time";
  return { shown: at, words: holdersTitleAt(at, where) };
}

function startDifference(): void {
  const place = document.getElementById("difference");
  const still = document.getElementById("difference-static");
  const data = document.getElementById("difference-data");
  if (place === null || still === null || data === null) return;
  // The page's own renderer has written it.
  place.append(differenceView(JSON.parse(data.textContent ?? "null") as ComparedHolders, tip));
  still.hidden = true;
}

function startCourse(): void {
  const course = document.getElementById("course");
  const place = document.getElementById("span");
  if (course === null || place === null || !(profile.duration > 0)) return;
  const figures = element("dl", { class: "figures" });
  const clear = element("button", { type: "button", disabled: "" }, "Whole cell");
  const hint = element(
    "span",
    { class: "quiet" },
    "Drag over the picture to select a stretch of time, or move its two edges by the arrow keys.",
  );
  place.append(element("div", { class: "tools" }, clear, hint), figures);
  const show = (span: Span | undefined) => {
    clear.disabled = span === undefined;
    const { from, to } = span ?? { from: 0, to: profile.duration };
    figures.replaceChildren(
      ...figuresOfSpan(profile, from, to).flatMap(({ name, words }) => [
        element("dt", {}, name),
        element("dd", {}, words),
      ]),
    );
  };
  const select = addBrush(course, {
    duration: profile.duration,
    left: Number(course.dataset.left),
    right: Number(course.dataset.right),
    format: formatDuration,
    onChange: (span) => {
      show(span);
      showHolders(span);
    },
  });
  clear.addEventListener("click", () => select(undefined));
  show(undefined);
}
