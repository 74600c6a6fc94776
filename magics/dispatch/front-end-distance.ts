// How far away the front end is. No message of the protocol asks a front end for an answer, but a comm does: one whose
// target nobody has registered is closed again by the front end at once.
import { randomUUID } from "node:crypto";
import type { Output } from "../../kernel/interpreter.js";
import type { CommMessage } from "../../kernel/protocol/comm.js";
import type { Measured } from "../../profiler/measured.js";

/** A target that no front end registers. */
const target = "cellscope.distance";
const rounds = 3;
/** A front end that takes no comms never answers. */
const patience = 1000;

/** Measures how long it takes to the front end and back. */
export interface FrontEndDistance {
  /** Milliseconds, the median of several round trips. */
  readonly measure: (output: Pick<Output, "comm">) => Promise<Measured<number>>;
  /** Takes a front end's answer; false when the message is none. */
  readonly take: (message: Pick<CommMessage, "commId">) => boolean;
}

/** Makes what measures the way to the front ends of one kernel. */
export function createFrontEndDistance(): FrontEndDistance {
  const asked = new Map<string, () => void>();

  function roundTrip(send: NonNullable<Output["comm"]>): Promise<Measured<number>> {
    const commId = randomUUID();
    const began = performance.now();
    return new Promise((resolve) => {
      const finish = (reading: Measured<number>) => {
        clearTimeout(timer);
        asked.delete(commId);
        resolve(reading);
      };
      const timer = setTimeout(() => finish({ missing: `not answered within ${patience} ms` }), patience);
      asked.set(commId, () => finish({ value: performance.now() - began }));
      send({ kind: "open", commId, targetName: target, data: {}, metadata: {}, buffers: [] });
    });
  }

  return {
    async measure({ comm }) {
      if (comm === undefined) return { missing: "this output goes to no front end" };
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const time = await roundTrip(comm);
        if ("missing" in time) return time;
        times.push(time.value);
      }
      return { value: times.sort((one, other) => one - other)[Math.floor(rounds / 2)] ?? 0 };
    },
    take({ commId }) {
      const answered = asked.get(commId);
      answered?.();
      return answered !== undefined;
    },
  };
}
