// Run once for all files of the suite: one server for JupyterLab and Notebook 7, and one browser.
import { type BrowserServer, chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { type JupyterLab, startJupyterLab } from "./jupyter-server.js";

declare module "vitest" {
  interface ProvidedContext {
    readonly server: { readonly address: string; readonly token: string; readonly root: string };
    /** Where a test connects to the browser. */
    readonly browser: string;
  }
}

/** Starts the server and the browser; returns what ends them. */
// biome-ignore lint/style/noDefaultExport: vitest takes a global setup in no other way
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { CELLSCOPE_PYTHON: python, CHROMIUM: executablePath } = process.env;
  if (!python || !executablePath) throw new Error("run `npm run test:jupyter`: it sets CELLSCOPE_PYTHON and CHROMIUM");
  const lab: JupyterLab = await startJupyterLab(python, {
    environment: { CELLSCOPE_ROWS: process.env.CELLSCOPE_ROWS ?? "5000" },
  });
  let browser: BrowserServer | undefined;
  const close = async () => {
    await browser?.close();
    await lab.close();
  };
  try {
    browser = await chromium.launchServer({
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  } catch (error) {
    await close();
    throw error;
  }
  project.provide("server", { address: lab.address, token: lab.token, root: lab.root });
  project.provide("browser", browser.wsEndpoint());
  return close;
}
