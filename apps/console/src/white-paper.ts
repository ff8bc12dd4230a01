const scheme = "data-mantine-color-scheme";

/** Paper is white: while something is printed, the light colours are in force, whatever was chosen for the screen. */
export function printInLightColours(): void {
  const page = document.documentElement;
  let chosen: string | null = null;
  addEventListener("beforeprint", () => {
    chosen = page.getAttribute(scheme);
    page.setAttribute(scheme, "light");
  });
  addEventListener("afterprint", () => {
    if (chosen !== null) page.setAttribute(scheme, chosen);
  });
}
