import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

/** Debian's; the tests install it where it is missing. */
const executablePath = "/usr/bin/chromium";
const browserArguments = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: browserArguments });
}

/**
 * What a page complained about: errors of its scripts, of its console, of the content security policy. Not answers of
 * the API that refuse: the browser notes each, and what the page makes of it is for the test to see.
 */
export function complaintsOf(context: BrowserContext): string[] {
  const complaints: string[] = [];
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("console", (message) => {
    const isRefusal = message.text().startsWith("Failed to load") && message.location().url.includes("/api/");
    if (message.type() === "error" && !isRefusal) complaints.push(message.text());
  });
  return complaints;
}

/** Waits until the page has its title and nothing on it is still on its way. */
export async function settled(page: Page): Promise<void> {
  await page.locator("h1").waitFor();
  await page.locator("body:not(:has([aria-busy=true]))").waitFor();
}

/** What axe finds that keeps somebody from using the page, as one line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** How far the page reaches beyond the right edge of the window, in CSS pixels. */
export function overflowPixels(page: Page): Promise<number> {
  return page.evaluate<number>("Math.max(0, document.documentElement.scrollWidth - window.innerWidth)");
}
