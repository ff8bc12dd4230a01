/** An exclude pattern that means the path as it stands. */
export function literalPattern(path: string): string {
  return path.replaceAll(/[*?[\]\\]/g, "\\$&");
}
