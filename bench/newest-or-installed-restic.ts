import { fetchNewestRestic, newestResticPath } from "../tools/newest-restic.ts";

/** The newest that can be had, or else the installed one. */
export function newestOrInstalledRestic(): string {
  const known = newestResticPath();
  if (known !== undefined) return known;
  try {
    return fetchNewestRestic();
  } catch {
    return "restic";
  }
}
