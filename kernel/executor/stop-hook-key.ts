/** The symbol on `globalThis` under which the main thread answers the guard, by `Runtime.evaluate`. */
export const stopHookKey = "cellscope.stop";
