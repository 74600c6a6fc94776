// @jupyterlab/services tells the console about connections. In Node, `console.debug` is standard output,
// where a notebook may be written to.

/** Keeps the library's own lines off the console until the returned function is called; every other line passes. */
export function muteServices(): () => void {
  if (users++ === 0) {
    for (const level of levels) {
      const write = console[level];
      originals.set(level, write);
      console[level] = (...args: unknown[]) => {
        if (!isOfServices(args[0])) write.apply(console, args);
      };
    }
  }
  let isMuted = true;
  return () => {
    if (!isMuted) return;
    isMuted = false;
    if (--users > 0) return;
    for (const [level, write] of originals) console[level] = write;
  };
}

const levels = ["debug", "warn", "error"] as const;
const originals = new Map<(typeof levels)[number], typeof console.debug>();
let users = 0;

function isOfServices(first: unknown): boolean {
  const text = first instanceof Error ? first.message : first;
  if (typeof text !== "string") return false;
  return /^(?:Starting WebSocket: |Kernel: \w+ \(|Connection lost, reconnecting in |Canceled future for )/.test(text);
}
