import type { BroadcastChannel } from "node:worker_threads";

/**
 * What the guard's thread answers to `message`, within `patience` milliseconds; it is the only other one on the channel
 * that answers, with an `Answer` and nothing else.
 */
export function askGuard<Answer>(
  channel: BroadcastChannel,
  message: unknown,
  patience: number,
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const finish = (answer: Answer | undefined) => {
      clearTimeout(timer);
      channel.onmessage = () => undefined;
      resolve(answer);
    };
    const timer = setTimeout(() => finish(undefined), patience);
    channel.onmessage = (event) => finish((event as { readonly data: Answer }).data);
    channel.postMessage(message);
  });
}
