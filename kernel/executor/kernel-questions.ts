// What cells ask of the kernel process, which measures what the executor cannot see of itself.
import { sendEvent } from "./event-channel.js";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const waiting = new Map<number, Waiting>();
let lastRequest = 0;

/** Asks the kernel, and settles with its answer; `argument` survives a structured clone. */
export function askKernel(question: string, argument: unknown): Promise<unknown> {
  lastRequest += 1;
  const request = lastRequest;
  return new Promise((resolve, reject) => {
    waiting.set(request, { resolve, reject });
    try {
      sendEvent({ type: "ask", request, question, argument });
    } catch (error) {
      waiting.delete(request);
      throw error;
    }
  });
}

/** Takes the kernel's answer. */
export function takeAnswer(request: number, answer: { readonly value: unknown } | { readonly error: string }): void {
  const asked = waiting.get(request);
  waiting.delete(request);
  if ("value" in answer) asked?.resolve(answer.value);
  else asked?.reject(new Error(answer.error));
}
