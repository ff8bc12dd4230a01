import type { Browser, BrowserContext, Page } from "playwright-core";
import { test as base, expect, inject } from "vitest";
import { complaintsOf, openBrowser } from "./browser.ts";
import type { Stage } from "./global-setup.ts";
import { downloadedName } from "./source-folder.ts";

interface Fixtures {
  readonly stage: Stage;
  readonly browser: Browser;
  /** A page of somebody who is signed in. It must have complained of nothing when the test ends. */
  readonly page: Page;
  /** A page of somebody who is not. */
  readonly visitor: Page;
}

type Session = Awaited<ReturnType<BrowserContext["storageState"]>>;

/* oxlint-disable eslint/no-empty-pattern -- vitest reads from the pattern which fixtures a fixture needs */
/** `test` with a real installation and a real browser. */
export const test = base.extend<Fixtures>({
  stage: ({}, use) => use(inject("stage")),
  browser: [
    async ({}, use) => {
      const browser = await openBrowser();
      await use(browser);
      await browser.close();
    },
    { scope: "file" },
  ],
  page: async ({ browser, stage }, use) => {
    const storageState = JSON.parse(stage.session) as Session;
    await withPage(browser, { baseURL: stage.consoleUrl, storageState }, use);
  },
  visitor: async ({ browser, stage }, use) => {
    await withPage(browser, { baseURL: stage.consoleUrl }, use);
  },
});

async function withPage(
  browser: Browser,
  options: NonNullable<Parameters<Browser["newContext"]>[0]>,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  const complaints = complaintsOf(context);
  await use(await context.newPage());
  await context.close();
  expect(complaints).toEqual([]);
}

/** From the list of devices to the one that the installation protects. */
export async function openDevice(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByRole("table").locator("[data-row-link]").first().click();
  await page.getByRole("heading", { name: "Snapshots" }).waitFor();
}

/** From the device through the folders of its newest snapshot to the one with the file to take out. */
export async function openDocuments(page: Page, { source }: Stage): Promise<void> {
  await openDevice(page);
  await page.getByRole("table", { name: "Snapshots of this device" }).locator("[data-row-link]").first().click();
  for (const name of [...source.split("/").filter((step) => step !== ""), "documents"])
    await page.getByRole("cell", { name, exact: true }).getByRole("link").click();
  await page.getByText(downloadedName).first().waitFor();
}
