import { HoldfastError, formatBytes, minuteMs, type Clock } from "@holdfast/base";
import { fileTypes, type Storage } from "@holdfast/storage";
import { gatewayErrors } from "./errors.ts";

/** Others write too: keepers through other gateways, restic on the disk itself. So it is counted again now and then. */
const countedForMs = 10 * minuteMs;

interface Usage {
  usedBytes: number;
  countedAtMs: number;
}

/**
 * How much each repository with a quota holds. Repositories without one are never counted. What is on its way while a
 * count runs may be missed, so a repository can end a few uploads above its quota.
 */
export class Quotas {
  readonly #clock: Clock;
  readonly #usages = new Map<string, Promise<Usage>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Claims `bytes` before they are stored; call the function that it gives when they were not.
   * @throws GATEWAY_QUOTA_USED_UP
   */
  async claim(repository: string, storage: Storage, bytes: number, quotaBytes: number): Promise<() => void> {
    const usage = await this.#usageOf(repository, storage);
    if (usage.usedBytes + bytes > quotaBytes) {
      throw new HoldfastError(
        gatewayErrors.quotaUsedUp,
        `The repository may have ${formatBytes(quotaBytes)}; ${formatBytes(usage.usedBytes)} are used.`,
      );
    }
    usage.usedBytes += bytes;
    return () => {
      usage.usedBytes -= bytes;
    };
  }

  /** Something was removed: whatever it was, the next claim counts again. */
  forget(repository: string): void {
    this.#usages.delete(repository);
  }

  async #usageOf(repository: string, storage: Storage): Promise<Usage> {
    const counted = this.#usages.get(repository);
    if (counted !== undefined) {
      const usage = await counted;
      if (this.#clock.monotonicMs() - usage.countedAtMs < countedForMs) return usage;
    }
    // Somebody else may have begun to count again meanwhile.
    const current = this.#usages.get(repository);
    if (current !== undefined && current !== counted) return current;
    const counting = this.#count(storage);
    this.#usages.set(repository, counting);
    counting.catch(() => this.#usages.delete(repository));
    return counting;
  }

  async #count(storage: Storage): Promise<Usage> {
    const countedAtMs = this.#clock.monotonicMs();
    let usedBytes = 0;
    for (const type of fileTypes) for await (const entry of storage.list(type)) usedBytes += entry.sizeBytes;
    return { usedBytes, countedAtMs };
  }
}
