import { expect } from "vitest";
import { test } from "./stage.ts";

test("a client is added, and a device of it enrolled by a command whose token is shown once", async ({ page }) => {
  await page.goto("/clients");
  await page.getByRole("button", { name: "Add a client" }).click();
  await page.getByLabel("Name").fill("Second client");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("heading", { name: "Second client" }).waitFor();
  await page.getByRole("button", { name: "Enrol a device" }).click();
  await page.getByRole("button", { name: "Make the command" }).click();
  const command = page.getByText(/^HOLDFAST_ENROLMENT_TOKEN=\S+ holdfast agent --server https:/);
  await command.waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Enrol a device" }).click();
  expect(await command.count()).toBe(0);
});
