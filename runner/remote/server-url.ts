import { RunnerError } from "../errors.js";

/** The base of a Jupyter server's addresses, with a slash at its end; throws a `RunnerError` that repeats no secret. */
export function parseServerUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new RunnerError(`--url must be an address such as http://localhost:8888/, got "${withoutSecrets(text)}".`, {
      cause,
    });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new RunnerError(`--url must begin with http:// or https://, got "${withoutSecrets(text)}".`);
  }
  if (url.username !== "" || url.password !== "" || url.searchParams.has("token")) {
    throw new RunnerError(
      "--url must not hold a token or a password, which everybody on this machine could read: put the token into a file and give --token-file FILE, or set JUPYTER_TOKEN.",
    );
  }
  // What stands in a browser's address bar names a page of the server.
  const path = url.pathname.replace(/\/(?:lab|tree|notebooks|edit|consoles|doc)(?:\/.*)?$/, "/");
  return `${url.origin}${path.endsWith("/") ? path : `${path}/`}`;
}

/** An address without what may be a secret in it. */
function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/@]*@/, "//…@").replace(/\?.*$/s, "?…");
}
