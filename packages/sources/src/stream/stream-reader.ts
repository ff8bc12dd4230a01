import { HoldfastError } from "@holdfast/base";
import { sourceErrors } from "../errors.ts";

/** Hands bytes out in other portions than they come in. */
export class StreamReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #onFailed: (error: unknown) => void;
  #rest: Uint8Array = new Uint8Array(0);
  #hasBytes = false;

  /** @param onFailed hears before the reader does that the bytes did not all come, or that there were none */
  constructor(content: AsyncIterable<Uint8Array>, onFailed: (error: unknown) => void) {
    this.#pieces = content[Symbol.asyncIterator]();
    this.#onFailed = onFailed;
  }

  /** @returns bytes put into `into`; 0 at the end. @throws what the content throws, SOURCE_EMPTY */
  async read(into: Uint8Array): Promise<number> {
    try {
      while (this.#rest.byteLength === 0) {
        const next = await this.#pieces.next();
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
}
