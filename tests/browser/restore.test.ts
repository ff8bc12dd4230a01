import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { downloadedName, hostileNames } from "./source-folder.ts";
import { openDocuments, test } from "./stage.ts";

test("a file taken out of a snapshot is the file that was there, to the last bit", async ({ page, stage }) => {
  await openDocuments(page, stage);
  const arrival = page.waitForEvent("download");
  await page.getByRole("button", { name: `Download ${downloadedName}` }).click();
  const arrived = await arrival;
  expect(arrived.suggestedFilename()).toBe(downloadedName);
  const source = await readFile(join(stage.source, "documents", downloadedName));
  expect((await readFile(await arrived.path())).equals(source)).toBe(true);
  await page.getByText(createHash("sha256").update(source).digest("hex")).waitFor();
});

test("names that try to be more than text are text", async ({ page, stage }) => {
  await openDocuments(page, stage);
  await page.getByText("<img src=x onerror=alert(1)>.txt").waitFor();
  expect(await page.locator("main img").count()).toBe(0);
  expect(await page.locator("main").textContent()).not.toContain("\u202E");
  expect(await page.getByRole("button", { name: /^Download / }).count()).toBe(hostileNames.length + 1);
});

test("the way back leads through the folders one came by", async ({ page, stage }) => {
  await openDocuments(page, stage);
  await page.getByRole("link", { name: "source", exact: true }).click();
  await page.getByRole("cell", { name: "documents", exact: true }).waitFor();
  await page.goBack();
  await page.getByText(downloadedName).first().waitFor();
});
