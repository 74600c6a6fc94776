// Puts probes into functions that exist already. V8 exchanges the source of a script under its running functions
// (LiveEdit): they stay the same objects, with the variables that they have closed over.
import { Session } from "node:inspector";
import { setFlagsFromString } from "node:v8";
import type { ProbedSource } from "../../lines/line-reading.js";

/** The scripts of cells are named like the cells. */
const cellScript = /^In\[\d+\]/;

/** Exchanged sources, until `restore`. */
export interface LiveEdit {
  readonly restore: () => void;
  /** Why a script could not be exchanged: sentences for a reader. */
  readonly notes: readonly string[];
}

interface Script {
  readonly id: string;
  readonly name: string;
  readonly source: string;
}

/** Exchanges what can be exchanged; the session is over before this returns. */
export function exchangeSources(sources: readonly ProbedSource[]): LiveEdit {
  const notes: string[] = [];
  const earlier = sources.filter(({ isCurrent }) => !isCurrent);
  // Of the cell itself only functions are left afterwards. V8 moves a class to the exchanged text and lets it keep where it
  // stood in the other one: once that is beyond the end, whoever looks at the class ends the process. So it keeps its probes.
  const exchanged = sources.filter(
    ({ isCurrent, plain }) => isCurrent && /=>|\bfunction\b|\)\s*\{/.test(plain) && !/\bclass\b/.test(plain),
  );
  if (earlier.length > 0)
    withScripts((scripts, setSource) => {
      for (const each of earlier) {
        const { plain, probed, name } = each;
        const script = findScript(scripts, plain, each.script);
        const refused =
          script === undefined
            ? "V8 has forgotten its source"
            : setSource(
                script.id,
                script.source.replace(plain, () => probed),
              );
        if (refused === undefined) exchanged.push(each);
        else notes.push(`The functions of ${name} could not be given probes: ${refused}.`);
      }
    });
  return {
    notes,
    restore: () => {
      if (exchanged.length === 0) return;
      withScripts((scripts, setSource) => {
        for (const { plain, inner, probed, script: wanted } of exchanged) {
          const script = findScript(scripts, probed, wanted);
          // What cannot be taken back now (a generator that waits) costs a little time and nothing else.
          if (script === undefined) continue;
          // V8 finds a function again whose text is another one only where nothing around it has changed as well.
          for (const text of inner === probed ? [plain] : [inner, plain])
            setSource(
              script.id,
              script.source.replace(probed, () => text),
            );
        }
      });
    },
  };
}

/** Nothing is as long as the whole: the code is what the executor put between its own head and end. */
function findScript(scripts: readonly Script[], code: string, name: string | undefined): Script | undefined {
  return scripts.find((script) => (name === undefined || script.name === name) && script.source.includes(code));
}

type SetSource = (scriptId: string, source: string) => string | undefined;

function withScripts(work: (scripts: readonly Script[], setSource: SetSource) => void): void {
  allowLiveEdit();
  const session = new Session();
  session.connect();
  try {
    const found: { readonly id: string; readonly name: string }[] = [];
    session.on("Debugger.scriptParsed", ({ params: { scriptId: id, url: name } }) => {
      if (cellScript.test(name)) found.push({ id, name });
    });
    session.post("Debugger.enable");
    const scripts: Script[] = [];
    for (const each of found) {
      session.post("Debugger.getScriptSource", { scriptId: each.id }, (error, answer) => {
        if (error === null) scripts.push({ ...each, source: answer.scriptSource });
      });
    }
    // The latest is the one whose functions are in use: a cell that ran twice is there twice.
    work(scripts.reverse(), (scriptId, scriptSource) => setSource(session, scriptId, scriptSource));
  } finally {
    session.disconnect();
  }
}

function setSource(session: Session, scriptId: string, scriptSource: string): string | undefined {
  let refused: string | undefined = "V8 gave no answer";
  session.post("Debugger.setScriptSource", { scriptId, scriptSource }, (error, answer) => {
    // The types of Node know an older answer, without the status.
    const { status = "Ok" } = (answer ?? {}) as { readonly status?: string };
    if (error !== null) refused = error.message;
    else refused = status === "Ok" ? undefined : (reasons[status] ?? status);
  });
  return refused;
}

const reasons: Readonly<Record<string, string>> = {
  BlockedByActiveGenerator: "a generator or asynchronous function of it has not ended yet",
  BlockedByActiveFunction: "a function of it is running",
  BlockedByTopLevelEsModuleChange: "it is a module",
  CompileError: "V8 does not take the source with probes",
};

/** Newer versions of V8 refuse without the flag; older ones do not know it, and do not need it. */
function allowLiveEdit(): void {
  const major = Number(process.versions.node.split(".")[0]);
  if (major > 24) setFlagsFromString("--inspector-live-edit");
}
