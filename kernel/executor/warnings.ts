/** Node 20 and 22 call these experimental; they are how cells import packages, and nothing that a user could mend. */
const silenced = [
  /\bload(ing)? ES Module .* using require\(\)|CommonJS module .* is loading ES Module|require\(\) of ES Module/i,
  /USE_MAIN_CONTEXT_DEFAULT_LOADER/,
  /^VM Modules is an experimental feature/,
  /^Importing JSON modules is an experimental feature/,
];

/** Silences Node's warnings about what Cellscope itself uses; all others are shown. */
export function silenceOwnWarnings(): void {
  const emitWarning = process.emitWarning.bind(process) as (...parameters: readonly unknown[]) => void;
  const emitOthers = (...parameters: readonly unknown[]) => {
    const [warning, type] = parameters;
    const name = typeof type === "string" ? type : (type as { readonly type?: unknown } | undefined)?.type;
    const text = typeof warning === "string" ? warning : "";
    if (name === "ExperimentalWarning" && silenced.some((pattern) => pattern.test(text))) return;
    emitWarning(...parameters);
  };
  process.emitWarning = emitOthers;
}
