import { count, dayMs, messageOf, systemCodeOf, type Clock, type Log } from "@holdfast/base";
import type { Disk } from "./disk.ts";

/** No writer that lives has left its temporary file alone for so long; one that wakes up later fails and is told so. */
const ageMinMs = dayMs;
/** More than this many are left for the next time. */
const notedMax = 100_000;

/** Of a file of a repository while it is written, by us and by restic. */
const temporaryName = /^[0-9a-f]{64}-tmp-[0-9a-f]+$/;

/**
 * What writers that were killed left behind: temporary files that no listing shows. They are noted as listings come by
 * them, and cleared away when somebody removes files of the repository for good, as a prune does.
 */
export class Leftovers {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #noted = new Set<string>();

  constructor(disk: Disk, clock: Clock, log: Log) {
    this.#disk = disk;
    this.#clock = clock;
    this.#log = log;
  }

  /** @param path of a directory entry called `name` that is no file of the repository */
  note(path: string, name: string): void {
    if (temporaryName.test(name) && this.#noted.size < notedMax) this.#noted.add(path);
  }

  /** Removes those that are older than a day. Never throws: what cannot be removed is in nobody's way. */
  async clear(): Promise<void> {
    if (this.#noted.size === 0) return;
    const paths = [...this.#noted];
    this.#noted.clear();
    let removed = 0;
    for (const path of paths) {
      try {
        const { isFile, modifiedAtMs } = await this.#disk.entry(path);
        if (!isFile || this.#clock.nowMs() - modifiedAtMs < ageMinMs) continue;
        await this.#disk.removeFile(path);
        removed += 1;
      } catch (error) {
        if (systemCodeOf(error) !== "ENOENT")
          this.#log.warn("could not remove a temporary file", { path, why: messageOf(error) });
      }
    }
    if (removed > 0) this.#log.info(`removed ${count(removed, "temporary file")} of writers that were killed`);
  }
}
