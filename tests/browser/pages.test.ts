import { gzipSync } from "node:zlib";
import { KiB } from "@holdfast/base";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { accessibilityFaults, overflowPixels, settled } from "./browser.ts";
import { openDevice, test } from "./stage.ts";

/** The addresses of every page that there is, found by walking as a person would. */
async function allPages(page: Page): Promise<readonly string[]> {
  const addresses = ["/", "/clients", "/runs", "/account", "/nowhere"];
  await openDevice(page);
  const device = new URL(page.url()).pathname;
  addresses.push(device, `${device}/set-up`);
  for (const link of [
    page.getByRole("navigation", { name: "Where this is" }).getByRole("link").last(),
    page.getByRole("table", { name: "Snapshots of this device" }).locator("[data-row-link]").first(),
    page.getByRole("table", { name: "Runs of this device" }).locator("[data-row-link]").first(),
    page.getByRole("table", { name: "Restore drills" }).locator("[data-row-link]").first(),
  ]) {
    await link.waitFor();
    addresses.push((await link.getAttribute("href")) ?? "");
  }
  return addresses;
}

describe.each([
  { colorScheme: "light", width: 1440 },
  { colorScheme: "dark", width: 360 },
] as const)("in the $colorScheme scheme, $width pixels wide", ({ colorScheme, width }) => {
  test("every page can be used by everybody, and fits", async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const address of await allPages(page)) {
      await page.goto(address);
      await settled(page);
      expect(await accessibilityFaults(page), address).toEqual([]);
      expect(await overflowPixels(page), address).toBe(0);
    }
  });
});

test("the sign-in page can be used by everybody", async ({ visitor }) => {
  await visitor.goto("/sign-in?error=EXPIRED_TOKEN");
  await settled(visitor);
  expect(await accessibilityFaults(visitor)).toEqual([]);
});

test("the choice of colours stays, and a page opened anew begins in it", async ({ page }) => {
  const ground = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/account");
  const lightGround = await ground();
  await page.locator("label", { hasText: "Dark" }).click();
  await expect.poll(ground).not.toBe(lightGround);
  await page.reload();
  await settled(page);
  expect(await ground()).not.toBe(lightGround);
});

test("the keyboard reaches the page past the bar, and walks along the rows", async ({ page }) => {
  await page.goto("/runs");
  await settled(page);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.evaluate("document.activeElement.id")).toBe("main");
  const rows = page.getByRole("table").locator("[data-row-link]");
  const isFocused = (at: number) =>
    page.evaluate<boolean>(`document.activeElement === document.querySelectorAll("[data-row-link]")[${at}]`);
  await rows.first().focus();
  await page.keyboard.press("ArrowDown");
  expect(await isFocused(1)).toBe(true);
  await page.keyboard.press("End");
  expect(await isFocused((await rows.count()) - 1)).toBe(true);
});

test("the first page is small: at most 250 KiB when compressed, its font included", async ({ page }) => {
  const fonts: Promise<Buffer>[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith(".woff2")) fonts.push(response.body());
  });
  await page.goto("/");
  await settled(page);
  await page.evaluate("document.fonts.ready.then(() => true)");
  const html = await (await page.request.get("/")).text();
  const named = [...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map(([, path]) => path ?? "");
  const files = await Promise.all([...named.map(async (path) => (await page.request.get(path)).body()), ...fonts]);
  expect(files.length).toBeGreaterThan(5);
  expect(files.reduce((sum, file) => sum + gzipSync(file).byteLength, 0)).toBeLessThan(250 * KiB);
});
