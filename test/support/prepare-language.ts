// Kernels of the end-to-end tests live for a second or two: too short to build the start-up snapshot themselves.
import { languagePlace } from "../../cli/language-place.js";
import { prepareLanguage } from "../../kernel/language/client.js";

/** Run once before the end-to-end tests. */
export async function setup(): Promise<void> {
  await prepareLanguage(languagePlace());
}
