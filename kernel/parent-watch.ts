/** The process that started this kernel and that it must not outlive, from `JPY_PARENT_PID`; `undefined` when there is none to watch. */
export function parseParentPid(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): number | undefined {
  // On Windows the variable holds a handle that belongs to Python, not a process id.
  if (platform === "win32") return undefined;
  const text = env.JPY_PARENT_PID ?? "";
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

/** Calls `onGone` once when process `pid` has ended, looking every `interval`; returns the function that stops the watch. */
export function watchParent(pid: number, onGone: () => void, interval = 1000): () => void {
  // A parent that ended and was not yet waited for still has its pid, but its children already have another parent.
  const isDirect = process.ppid === pid;
  const timer = setInterval(() => {
    if (isAlive(pid) && (!isDirect || process.ppid === pid)) return;
    clearInterval(timer);
    onGone();
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
