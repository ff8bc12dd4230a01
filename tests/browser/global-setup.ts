import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { openBrowser } from "./browser.ts";
import { signInLink, startInstallation } from "./installation.ts";
import { makeSourceFolder } from "./source-folder.ts";

/** What every file of browser tests is given: one real installation, and a browser's session in it. */
export interface Stage {
  readonly consoleUrl: string;
  readonly home: string;
  /** The folder that the installation protects. */
  readonly source: string;
  /** Cookies of one sign-in by link; signing in is limited to so many a minute. */
  readonly session: string;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly stage: Stage;
  }
}

const seed = 20_261;

/** Starts it once for all files, because that takes as long as all their tests. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-browser-"));
  const home = join(folder, "home");
  const source = join(folder, "source");
  await makeSourceFolder(source, seed);
  const installation = await startInstallation(home, source);
  const { consoleUrl } = installation;
  project.provide("stage", { consoleUrl, home, source, session: await sessionOf(home) });
  return async () => {
    await installation.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}

async function sessionOf(home: string): Promise<string> {
  const browser = await openBrowser();
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(await signInLink(home));
    await page.getByRole("heading", { name: "Devices" }).waitFor();
    return JSON.stringify(await context.storageState());
  } finally {
    await browser.close();
  }
}
