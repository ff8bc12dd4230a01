import { expect } from "vitest";
import { addBulk } from "./source-folder.ts";
import { openDevice, test } from "./stage.ts";

const seed = 40_713;

test("the device is protected, and its newest good backup is within the objective", async ({ page }) => {
  await page.goto("/");
  const row = page.getByRole("row", { name: /Protected/ });
  await row.getByText("Connected").waitFor();
  await row.getByText(/of \d+ (min|h|d)/).waitFor();
  await row.getByText("Passed").waitFor();
});

test("a running backup is watched to its end without reloading", async ({ page, stage }) => {
  await addBulk(stage.source, seed);
  await openDevice(page);
  await page.getByRole("button", { name: "Back up now" }).click();
  await page.getByRole("menuitem", { name: /^Full/ }).click();
  const running = page.getByRole("region", { name: /^Backup/ });
  await running.waitFor();
  const bar = running.getByRole("progressbar");
  const shares = new Set<string | null>();
  let shown = "";
  while (await running.isVisible()) {
    // The panel may go meanwhile.
    shares.add(await bar.getAttribute("value", { timeout: 500 }).catch(() => null));
    shown += await running.innerText({ timeout: 500 }).catch(() => "");
    await page.waitForTimeout(50);
  }
  shares.delete(null);
  expect(shares.size).toBeGreaterThanOrEqual(2);
  expect(shown).toMatch(/ of [\d.]+ MiB/);
  expect(shown).toMatch(/[\d.]+ (K|M)iB\/s/);

  const runs = page.getByRole("table", { name: "Runs of this device" });
  const ended = runs.getByRole("row", { name: /^Succeeded Backup, full by administrator/ });
  await ended.getByRole("link").click();
  await page.getByRole("heading", { name: "What came of it" }).waitFor();
  await page.getByRole("link", { name: /open it$/ }).waitFor();
});

test("a copy and a drill are started by hand and end well", async ({ page }) => {
  await openDevice(page);
  const device = page.url();
  for (const button of ["Replicate now", "Drill now"]) {
    await page.goto(device);
    // The schedule may have asked for the same already; then it is that run which is shown.
    const asked = page.waitForResponse(
      (answer) => answer.request().method() === "POST" && answer.url().endsWith("/runs"),
    );
    await page.getByRole("button", { name: button }).click();
    const { runId } = (await (await asked).json()) as { runId: string };
    await page.goto(`/runs/${runId}`);
    await page.getByText("Succeeded").waitFor({ timeout: 90_000 });
    await page.getByRole("heading", { name: "What came of it" }).waitFor();
  }
});

test("a run is cancelled by hand, after asking", async ({ page, stage }) => {
  await addBulk(stage.source, seed + 1);
  await openDevice(page);
  await page.getByRole("button", { name: "Back up now" }).click();
  await page.getByRole("menuitem", { name: /^Incremental/ }).click();
  const running = page.getByRole("region", { name: /^Backup/ });
  await running.getByRole("button", { name: "Cancel this run" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel the run" }).click();
  const runs = page.getByRole("table", { name: "Runs of this device" });
  await runs.getByRole("row", { name: /^Cancelled Backup by administrator/ }).waitFor();
});
