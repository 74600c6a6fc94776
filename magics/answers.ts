// What code in cells may ask of the kernel: by the functions of `import … from "cellscope"`, and by results that are shown.
import type { ResultData } from "../profiler/profile-result.js";
import { renderResult } from "../report/profile-result.js";
import { answerMemprofile, type CallSetting } from "./memprofile-calls.js";
import { answerSysinfo } from "./sysinfo.js";

/** Makes the answers of one kernel; a question that nobody knows is an error for who asked. */
export function createAnswers(setting: CallSetting): (question: string, argument: unknown) => Promise<unknown> {
  const answers: Readonly<Record<string, (argument: unknown) => unknown>> = {
    sysinfo: (argument) => answerSysinfo(setting.probe, argument),
    memprofile: answerMemprofile(setting),
    // kernel/executor/measured-result.ts asks with what it was given.
    report: (argument) => renderResult(argument as ResultData),
  };
  return async (question, argument) => {
    const answer = Object.hasOwn(answers, question) ? answers[question] : undefined;
    if (answer === undefined) throw new Error(`This kernel knows no answer to "${question}".`);
    return answer(argument);
  };
}
