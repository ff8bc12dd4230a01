import { readFile } from "node:fs/promises";
import { verifyCertificate, type Certificate } from "@holdfast/domain";
import { expect } from "vitest";
import { openDevice, test } from "./stage.ts";

test("the certificate is checked in the browser, and the file one takes along is valid elsewhere", async ({ page }) => {
  await openDevice(page);
  await page.getByRole("table", { name: "Restore drills" }).locator("[data-row-link]").first().click();
  await page.getByText("The signature is valid, as checked in this browser.").waitFor();
  await page.getByText("Passed: this backup was restored").waitFor();
  const arrival = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download as JSON" }).click();
  const certificate = JSON.parse(await readFile(await (await arrival).path(), "utf8")) as Certificate;
  expect(await verifyCertificate(certificate, { issuers: "any" })).toEqual({ valid: true });
});

test("a certificate that was altered on its way is called out", async ({ page }) => {
  await page.route("**/api/v1/certificates/*", async (route) => {
    const answer = await route.fetch();
    const certificate = (await answer.json()) as { body: { rto: { attainedSeconds: number } } };
    certificate.body.rto.attainedSeconds /= 2;
    await route.fulfill({ response: answer, json: certificate });
  });
  await openDevice(page);
  await page.getByRole("table", { name: "Restore drills" }).locator("[data-row-link]").first().click();
  await page.getByText("The signature does not fit.").waitFor();
});
