import { join } from "node:path";
import type { Log } from "@holdfast/base";
import { localStorage, type Storage } from "@holdfast/storage";

/** Enough for the repositories that are busy at one time; the others are opened again when needed. */
const openMax = 1000;

/** The repositories in the folders below `root`. `repository` is a checked name, so it cannot lead elsewhere. */
export function localRepositories(root: string, log: Log): (repository: string) => Storage {
  const open = new Map<string, Storage>();
  return (repository) => {
    const known = open.get(repository);
    if (known !== undefined) return known;
    const storage = localStorage(join(root, ...repository.split("/")), { log });
    const [oldest] = open.keys();
    if (open.size >= openMax && oldest !== undefined) open.delete(oldest);
    open.set(repository, storage);
    return storage;
  };
}
