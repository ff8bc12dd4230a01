/**
 * Places that hold what can be made again, or nothing at all: kernel file systems, temporary files, caches that
 * programs rebuild. Absolute patterns as restic's `--exclude`; `*` stands for one name.
 */
const cachePlaces = [
  "/proc",
  "/sys",
  "/dev",
  "/run",
  "/tmp",
  "/var/tmp",
  "/var/cache",
  "/root/.cache",
  "/home/*/.cache",
  "/Users/*/Library/Caches",
] as const;

/**
 * The cache places below `paths`. A path that somebody names is wanted whatever it is called, so only places strictly
 * below one are left out, and never a folder of that name elsewhere.
 */
export function cacheExcludes(paths: readonly string[]): string[] {
  return cachePlaces.filter((place) => paths.some((path) => isBelow(names(place), names(path))));
}

function isBelow(place: readonly string[], path: readonly string[]): boolean {
  if (place.length <= path.length) return false;
  return path.every((name, at) => place[at] === "*" || place[at] === name);
}

function names(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}
