import { differenceOf, type KeptHolders } from "../../profiler/holder-difference.js";
import { differenceKey, flameOfDifference } from "../memory-difference.js";
import { element } from "./dom.js";
import { FlameView } from "./flame-view.js";
import { keyOf } from "./key.js";
import { SearchField } from "./search-field.js";
import type { Tip } from "./tip.js";

/** The stacks of two runs, as the page carries them. */
export interface ComparedHolders {
  readonly before: KeptHolders;
  readonly now: KeptHolders;
}

/** Shows who held more and who less than in a run before. */
export function differenceView({ before, now }: ComparedHolders, tip: Tip): HTMLElement {
  const flame = new FlameView(tip, () => search.tell());
  const search = new SearchField("Find in the difference", (text) => flame.search(text));
  flame.show(flameOfDifference(differenceOf(before, now)), "Functions that held more or less, their callers above");
  return element("div", {}, search.element, keyOf(differenceKey), flame.element);
}
