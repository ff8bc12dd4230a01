/**
 * How well two colours can be told apart, 1 to 21.
 * @param foreground, background as `#rrggbb`
 * @see WCAG 2.2, "contrast ratio" and "relative luminance"
 */
export function contrastRatio(foreground: string, background: string): number {
  const [darker, lighter] = [luminance(foreground), luminance(background)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
