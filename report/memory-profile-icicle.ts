// Who held the memory at the peak, or who allocated it, drawn: each bar is a function, as wide as what it and all that it called did,
// its callers above it. Blue is V8's heap, violet is what is off the heap.
import { type HolderNode, type HolderStacks, invertHolders, treeOf } from "../profiler/peak-holders.js";
import { barLabels, barLabelSize as labelSize } from "./bar-labels.js";
import { colours } from "./colours.js";
import type { Markup } from "./html.js";
import { isUncertain, nameOfFrame, placeOfFrame } from "./memory-profile-holders.js";
import { formatMebibytes } from "./memory-profile-words.js";
import { heldWords, type StackWords } from "./stack-words.js";
import { label, type Picture, picture, pictureWidth, polygon, rectangle } from "./svg.js";
import { textWidth } from "./text-width.js";

const rowHeight = 20;
const rowGap = 2;
const headHeight = 22;
const deepest = 11;
const narrowest = 2;
const margin = 1;

interface Bar {
  readonly node: HolderNode;
  readonly x: number;
  readonly width: number;
  readonly row: number;
  readonly text: string;
}

/** Draws the stacks; `undefined` when a single bar would be all. */
export function drawHolders(
  holders: HolderStacks,
  { inverted = false, words = heldWords }: { readonly inverted?: boolean; readonly words?: StackWords } = {},
): Picture | undefined {
  const root = treeOf(inverted ? invertHolders(holders) : holders);
  const bytes = root.heap + root.offHeap;
  if (bytes === 0 || root.children.length === 0) return undefined;
  const scale = (pictureWidth - 2 * margin) / bytes;
  const bars = [...barsUnder(root, margin, 0, scale)];
  if (bars.length < 2 && bars[0]?.node.self === bytes) return undefined;
  const rows = Math.max(...bars.map(({ row }) => row)) + 1;
  // Inverted, what a function holds by itself is all that stands in the first row.
  const own = ({ node, row }: Bar) => (inverted ? (row === 0 ? node.heap + node.offHeap : 0) : node.self);
  const largest = bars.reduce<Bar | undefined>(
    (most, bar) => (most !== undefined && own(most) >= own(bar) ? most : bar),
    undefined,
  );
  const heading = `${words.heading}, callers ${inverted ? "below" : "above"}: ${formatMebibytes(bytes)} MiB by stack`;
  return picture({ height: headHeight + rows * rowHeight }, [
    label([margin, 14], heading, { size: labelSize }),
    drawKey(words),
    bars.map((bar) => drawBar(bar, bar === largest)),
  ]);
}

function* barsUnder(parent: HolderNode, left: number, row: number, scale: number): Generator<Bar> {
  if (row >= deepest) return;
  let x = left;
  for (const node of parent.children) {
    const folded = foldChain(node);
    const width = (node.heap + node.offHeap) * scale;
    if (width >= narrowest) {
      yield { node: folded.node, x, width, row, text: folded.text };
      yield* barsUnder(folded.node, x, row + 1, scale);
    }
    x += width;
  }
}

/** Functions that only pass on what one other function holds stand in one bar: `load › parse`. */
function foldChain(start: HolderNode): { readonly node: HolderNode; readonly text: string } {
  const names = [describe(start)];
  let node = start;
  for (let [only] = node.children; only !== undefined; [only] = node.children) {
    if (node.children.length > 1 || node.self > 0 || names.length >= 3) break;
    names.push(describe(only));
    node = only;
  }
  return { node, text: names.join(" › ") };
}

function describe({ frame }: HolderNode): string {
  const name = nameOfFrame(frame);
  const place = placeOfFrame(frame);
  return name === place ? name : `${name} ${place}`;
}

function drawBar({ node, x, width, row, text }: Bar, isLargest: boolean): readonly (Markup | undefined)[] {
  const y = headHeight + row * rowHeight;
  const height = rowHeight - rowGap;
  const shown = Math.max(1, width - 1);
  const bytes = node.heap + node.offHeap;
  const heapWidth = (shown * node.heap) / bytes;
  const mark = isUncertain(node.offHeap, node.uncertain) ? "~" : "";
  const figure = `${mark}${formatMebibytes(bytes)}`;
  return [
    heapWidth > 0 ? rectangle({ x, y, width: heapWidth, height }, { fill: colours.heap }) : undefined,
    heapWidth < shown
      ? rectangle({ x: x + heapWidth, y, width: shown - heapWidth, height }, { fill: colours.offHeap })
      : undefined,
    // The accent marks the function that holds the most by itself.
    isLargest ? rectangle({ x, y: y + height - 3, width: shown, height: 3 }, { fill: colours.accent }) : undefined,
    ...barLabels({ x, y, width: shown }, text, figure),
  ];
}

function drawKey(words: StackWords): readonly (Markup | undefined)[] {
  const entries = [
    { text: "JavaScript heap", fill: colours.heap },
    { text: "off heap", fill: colours.offHeap },
    { text: words.most, fill: colours.accent },
  ];
  let x = pictureWidth - margin;
  return entries.toReversed().flatMap(({ text, fill }) => {
    const width = textWidth(text, { size: labelSize });
    x -= width;
    const shapes = [
      label([x, 14], text, { size: labelSize }),
      polygon(
        [
          [x - 14, 5],
          [x - 4, 5],
          [x - 4, 15],
          [x - 14, 15],
        ],
        { fill },
      ),
    ];
    x -= 26;
    return shapes;
  });
}
