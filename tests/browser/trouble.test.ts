import { expect } from "vitest";
import { downloadedName } from "./source-folder.ts";
import { openDevice, openDocuments, test } from "./stage.ts";

const problem = { code: "SERVER_FAILED", message: "The server met an error of its own.", cure: "Look in its log." };

test("a list that cannot be fetched says why and what to do, and not that it is empty", async ({ page }) => {
  await page.route("**/api/v1/runs?*", (route) =>
    route.fulfill({ status: 500, json: { ...problem, requestId: "4711" } }),
  );
  await page.goto("/runs");
  await page.getByText(problem.message).waitFor();
  await page.getByText(problem.cure).waitFor();
  await page.getByText("SERVER_FAILED").waitFor();
  await page.getByText("request 4711").waitFor();
  expect(await page.getByText("Nothing has run yet").count()).toBe(0);
  await page.unroute("**/api/v1/runs?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("table", { name: "Runs" }).locator("[data-row-link]").first().waitFor();
});

test("a page that the server no longer keeps true says so, and is true again once it does", async ({ page }) => {
  await page.route("**/api/v1/events", (route) => route.abort());
  await page.goto("/");
  await page.getByText("The connection to the server is lost.").waitFor();
  await page.unroute("**/api/v1/events");
  await page.getByRole("button", { name: "Try now" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  expect(await page.getByText("The connection to the server is lost.").count()).toBe(0);
});

test("a session that ended elsewhere leads to the sign-in, and names the page to come back to", async ({ page }) => {
  await openDevice(page);
  const device = new URL(page.url()).pathname;
  await page.context().clearCookies();
  await page.goto(device);
  await page.getByRole("heading", { name: "Sign in to Holdfast" }).waitFor();
  expect(new URL(page.url()).searchParams.get("next")).toBe(device);
});

test("an address that leads nowhere says so", async ({ page }) => {
  await page.goto("/devices/019a8e1a-0000-7000-8000-000000000001");
  await page.getByText("NOT_FOUND").waitFor();
  await page.goto("/nowhere");
  await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor();
});

test("a download that is cut off on its way saves nothing, and says so", async ({ page, stage }) => {
  await page.route("**/file", async (route) => {
    const answer = await route.fetch();
    const whole = await answer.body();
    await route.fulfill({ response: answer, body: whole.subarray(0, whole.byteLength - 40) });
  });
  await openDocuments(page, stage);
  await page.getByRole("button", { name: `Download ${downloadedName}` }).click();
  await page.getByText("RELAY_BROKEN").waitFor();
  expect(await page.getByText("SHA-256 of what was received").count()).toBe(0);
});
