import { HoldfastError } from "@holdfast/base";
import { sourceErrors } from "../errors.ts";

/** Hands bytes out in other portions than they come in. */
export class StreamReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #onFailed: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  #rest: Uint8Array = new Uint8Array(0);
  #hasBytes = false;

  /**
   * @param onFailed hears before the reader does that the bytes did not all come, or that there were none
   * @param signal ends a reading that waits for bytes: they may never come
   */
  constructor(content: AsyncIterable<Uint8Array>, onFailed: (error: unknown) => void, signal?: AbortSignal) {
    this.#pieces = content[Symbol.asyncIterator]();
    this.#onFailed = onFailed;
    this.#signal = signal;
  }

  /** @returns bytes put into `into`; 0 at the end. @throws what the content throws, SOURCE_EMPTY */
  async read(into: Uint8Array): Promise<number> {
    try {
      while (this.#rest.byteLength === 0) {
        const next = await this.#next();
        if (next.done !== true) this.#rest = next.value;
        else if (this.#hasBytes) return 0;
        else throw new HoldfastError(sourceErrors.empty, "There was nothing to read, not one byte.");
      }
    } catch (error) {
      this.#onFailed(error);
      throw error;
    }
    const part = this.#rest.subarray(0, into.byteLength);
    into.set(part);
    this.#rest = this.#rest.subarray(part.byteLength);
    this.#hasBytes = true;
    return part.byteLength;
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    const signal = this.#signal;
    if (signal === undefined) return this.#pieces.next();
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      const settled = () => signal.removeEventListener("abort", onAbort);
      void this.#pieces.next().then(resolve, reject).then(settled);
    });
  }
}
