import type { Session } from "node:inspector";

/** The answer of an inspector session to `method`; fails with the method and what the session says. */
export function askSession(
  session: Session,
  method: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, answer) => {
      if (error === null) resolve(answer);
      else reject(new Error(`${method}: ${error.message}`));
    });
  });
}
