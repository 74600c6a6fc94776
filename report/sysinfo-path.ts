// The way from the front end to the data, as a diagram and as text.
import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { Measured } from "../profiler/measured.js";
import type { DataPath, PathProcess } from "../profiler/system/data-path.js";
import { colours } from "./colours.js";
import { formatBytes, formatDuration } from "./format.js";
import { html, joinMarkup, type Markup } from "./html.js";
import { imageOf, label, type Picture, picture, pictureWidth, polygon, polyline, rectangle } from "./svg.js";

/** Renders what stands between a notebook and its data. */
export function renderDataPath(path: DataPath): MimeBundle {
  const chain = chainOf(path);
  const data = dataOf(path);
  const text = [
    "What stands between you and your data",
    chain
      .map(
        ({ title, lines, hop }) =>
          `${hop === undefined ? "" : `  │ ${hopText(hop)}\n  ▼\n`}${[title, ...lines].join(" · ")}`,
      )
      .join("\n"),
    data.map(({ title, lines }) => `${title}\n${lines.map((line) => `  ${line}`).join("\n")}`).join("\n"),
    footer,
  ].join("\n\n");
  const unmeasured = chain.flatMap(({ title, hop }) =>
    hop !== undefined && "missing" in hop.measured ? [`The way to ${title} is ${hopText(hop)}.`] : [],
  );
  const alt = chain.map(({ title, lines }) => `${title} (${lines.join(", ")})`).join(", then ");
  return {
    "text/plain": text,
    "text/html": html`<div><div><b>What stands between you and your data</b></div>
${imageOf(draw(chain, data), alt)}
<div><small>${[...unmeasured, footer].join(" ")}</small></div></div>`.text,
    "application/vnd.cellscope.sysinfo.v1+json": { path },
  };
}

const footer =
  "PSS where it may be read, else RSS; CPU time since the start. Times are medians of several round trips; that of the front end is the whole way to the kernel and back.";

interface Stop {
  readonly title: string;
  readonly lines: readonly string[];
  /** The way to here from the stop before; absent for the first one. */
  readonly hop?: { readonly measured: Measured<number>; readonly says: string };
  readonly colour: string;
}

function chainOf({ server, processes, roundTrip, frontEnd }: DataPath): readonly Stop[] {
  const find = (role: PathProcess["role"]) => processes.find((process) => process.role === role);
  const [kernel, executor] = [find("kernel"), find("executor")];
  return [
    ...beforeKernel(server, frontEnd),
    {
      title: "kernel",
      lines: kernel === undefined ? ["none runs here"] : figures(kernel),
      hop: hopToKernel(server, frontEnd),
      colour: colours.offHeap,
    },
    {
      title: "executor: your cells",
      lines: executor === undefined ? ["none runs here"] : figures(executor),
      hop: { measured: roundTrip, says: "there and back" },
      colour: colours.heap,
    },
  ];
}

/** With a Jupyter server there are two on the way, else the program that started the kernel is the front end. */
function beforeKernel(server: DataPath["server"], frontEnd: Measured<number>): readonly Stop[] {
  if ("missing" in server) return [{ title: "front end", lines: [server.missing], colour: colours.ink }];
  const { jupyter } = server.value;
  if (jupyter === undefined) {
    const lines = [programOf(server.value.command), ...figures(server.value)];
    return [{ title: "front end", lines, colour: colours.ink }];
  }
  const { version, clients } = jupyter;
  return [
    { title: "front end", lines: "value" in clients ? clientLines(clients.value) : ["a browser"], colour: colours.ink },
    {
      title: "Jupyter server",
      lines: [
        "value" in version ? `jupyter_server ${version.value}` : programOf(server.value.command),
        ...figures(server.value),
      ],
      hop: { measured: frontEnd, says: "to the kernel and back" },
      colour: colours.ink,
    },
  ];
}

function hopToKernel(server: DataPath["server"], frontEnd: Measured<number>): NonNullable<Stop["hop"]> {
  const jupyter = "value" in server ? server.value.jupyter : undefined;
  return { measured: jupyter?.roundTrip ?? frontEnd, says: "there and back" };
}

const mostClients = 2;

function clientLines(
  clients: readonly { readonly address: string; readonly connections: number }[],
): readonly string[] {
  if (clients.length === 0) return ["nobody is connected now"];
  const count = clients.reduce((sum, { connections }) => sum + connections, 0);
  const more = clients.length - mostClients;
  return [
    count === 1 ? "1 connection from" : `${count} connections from`,
    ...clients.slice(0, mostClients).map(({ address }) => address),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

function hopText({ measured, says }: NonNullable<Stop["hop"]>): string {
  return "value" in measured ? `${formatDuration(measured.value)} ${says}` : `not measured: ${measured.missing}`;
}

function dataOf(path: DataPath): readonly Stop[] {
  const language = path.processes.find(({ role }) => role === "language");
  const stop = (title: string, lines: readonly string[]): Stop => ({ title, lines, colour: colours.ink });
  return [
    stop("beside: language process", language === undefined ? ["none runs here"] : [figures(language).join(", ")]),
    stop(
      "threads of the executor",
      measuredLines(path.threads, ({ name, count }) => (count > 1 ? `${name} × ${count}` : name), ", "),
    ),
    stop(
      "processes that cells started",
      orNone(path.children.map((child) => `${programOf(child.command)}, ${figures(child).join(", ")}`)),
    ),
    stop(
      "open files",
      measuredLines(path.files, (file) => `${file.path}${file.isDatabase ? " (database)" : ""}`),
    ),
    stop(
      "connections",
      measuredLines(
        path.sockets,
        ({ address, port, service }) => `${address}:${port}${service === undefined ? "" : ` (usually ${service})`}`,
      ),
    ),
    stop(
      "file systems",
      measuredLines(
        path.mounts,
        ({ mountPoint, type, source, readOnly }) =>
          `${mountPoint}: ${type} from ${source}${readOnly ? ", read-only" : ""}`,
      ),
    ),
  ];
}

const mostLines = 12;

function measuredLines<T>(
  measured: Measured<readonly T[]>,
  say: (value: T) => string,
  joinedBy?: string,
): readonly string[] {
  if ("missing" in measured) return [`— ${measured.missing}`];
  const all = measured.value.map((value) => cleaned(say(value)));
  if (joinedBy !== undefined) return orNone(all.length === 0 ? [] : [all.join(joinedBy)]);
  const more = all.length - mostLines;
  return orNone(more > 0 ? [...all.slice(0, mostLines), `and ${more} more`] : all);
}

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ["none"] : lines;
}

/** The program and what it was told first, such as `python jupyter-lab`. */
function programOf(command: string): string {
  const words = command
    .split(" ")
    .slice(0, 2)
    .map((word) => word.split("/").at(-1) ?? "");
  return cleaned(words.join(" ")) || "unknown program";
}

function figures({ pid, rss, pss, cpuTime }: PathProcess): readonly string[] {
  const memory = "value" in pss ? pss : rss;
  return [
    `pid ${pid}`,
    "value" in memory ? formatBytes(memory.value) : "memory —",
    "value" in cpuTime ? `CPU ${formatDuration(cpuTime.value)}` : "CPU —",
  ];
}

/** A name may hold anything, also what would disturb a terminal. */
function cleaned(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
}

const edge = 12;
const boxWidth = 158;
const boxHeight = 92;
const lineHeight = 15;

function draw(chain: readonly Stop[], data: readonly Stop[]): Picture {
  const gap = (pictureWidth - 2 * edge - chain.length * boxWidth) / (chain.length - 1);
  const boxes = chain.map((stop, index) => box(edge + index * (boxWidth + gap), 26, stop));
  const arrows = chain.flatMap(({ hop }, index) => {
    const to = edge + index * (boxWidth + gap);
    return hop === undefined ? [] : [arrow(to - gap, to, 26 + boxHeight / 2, hop)];
  });
  let y = 26 + boxHeight + 44;
  const lists: Markup[] = [];
  for (const { title, lines } of data) {
    lists.push(
      joinMarkup([
        label([194, y], title, { bold: true, anchor: "end" }),
        lines.map((line, index) => label([206, y + index * lineHeight], line, { maxWidth: pictureWidth - edge - 206 })),
      ]),
    );
    y += lines.length * lineHeight + 7;
  }
  return picture({ height: y }, [boxes, arrows, lists]);
}

function box(x: number, y: number, { title, lines, colour }: Stop): Markup {
  return joinMarkup([
    rectangle({ x, y, width: boxWidth, height: boxHeight }, { radius: 5, fill: colour, opacity: 0.16 }),
    rectangle({ x, y, width: boxWidth, height: 4 }, { radius: 2, fill: colour }),
    label([x + 10, y + 22], title, { size: 12, bold: true, maxWidth: boxWidth - 16 }),
    lines.map((line, index) => label([x + 10, y + 40 + index * lineHeight], line, { maxWidth: boxWidth - 16 })),
  ]);
}

/** An arrow both ways; what is known of the hop stands below the boxes, where it has room. */
function arrow(from: number, to: number, y: number, hop: NonNullable<Stop["hop"]>): Markup {
  const isMeasured = "value" in hop.measured;
  return joinMarkup([
    polyline(
      [
        [from + 4, y],
        [to - 4, y],
      ],
      { width: 1.4 },
    ),
    polygon([
      [to - 3, y],
      [to - 9, y - 4],
      [to - 9, y + 4],
    ]),
    polygon([
      [from + 3, y],
      [from + 9, y - 4],
      [from + 9, y + 4],
    ]),
    label([(from + to) / 2, 26 + boxHeight + 16], isMeasured ? hopText(hop) : "not measured", {
      size: 10.5,
      anchor: "middle",
      bold: isMeasured,
    }),
  ]);
}
