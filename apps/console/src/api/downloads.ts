import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { MiB, systemClock } from "@holdfast/base";
import { fileName } from "../file-name.ts";
import { visibleText } from "../visible-text.ts";
import { readFile, type SnapshotPlace } from "./relay.ts";

/** One file on its way from a snapshot to this computer. */
export interface Download {
  readonly id: number;
  readonly name: string;
  readonly totalBytes: number | null;
  readonly receivedBytes: number;
  /** `saved` has the whole file and its hash; `failed` gave nothing to the computer. */
  readonly state: "running" | "saved" | "failed" | "cancelled";
  /** SHA-256 of the bytes received, hex, once all are here. */
  readonly sha256: string | null;
  readonly url: string | null;
  readonly error: unknown;
}

/** Bytes are handed to the browser as a Blob in parts of this size; it may keep those on disk. */
const partBytes = 32 * MiB;
const showEveryMs = 100;

/** The downloads of this page; they go on while the person looks elsewhere in the console. */
class Downloads {
  #held: readonly Download[] = [];
  #nextId = 1;
  readonly #listeners = new Set<() => void>();
  readonly #running = new Map<number, AbortController>();

  readonly current = (): readonly Download[] => this.#held;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Begins at once; how it ends is in `current()`. */
  start(place: SnapshotPlace, name: string, totalBytes: number | null): void {
    const id = this.#nextId++;
    const controller = new AbortController();
    this.#running.set(id, controller);
    const download: Download = {
      id,
      name: visibleText(name),
      totalBytes,
      receivedBytes: 0,
      state: "running",
      sha256: null,
      url: null,
      error: null,
    };
    this.#show([download, ...this.#held]);
    void this.#receive(id, place, controller.signal)
      .then(({ url, hash }) => {
        this.#change(id, { state: "saved", sha256: hash, url });
        saveAs(url, download.name);
      })
      .catch((error: unknown) =>
        this.#change(id, controller.signal.aborted ? { state: "cancelled" } : { state: "failed", error }),
      )
      .finally(() => this.#running.delete(id));
  }

  cancel(id: number): void {
    this.#running.get(id)?.abort();
  }

  /** Takes it off the list and gives its memory back. */
  dismiss(id: number): void {
    this.cancel(id);
    const gone = this.#held.find((download) => download.id === id);
    if (gone?.url) URL.revokeObjectURL(gone.url);
    this.#show(this.#held.filter((download) => download.id !== id));
  }

  async #receive(id: number, place: SnapshotPlace, signal: AbortSignal): Promise<{ url: string; hash: string }> {
    const hash = sha256.create();
    const parts: Blob[] = [];
    let pieces: Uint8Array<ArrayBuffer>[] = [];
    let pieceBytes = 0;
    let receivedBytes = 0;
    let shownAtMs = 0;
    for await (const piece of readFile(place, signal)) {
      hash.update(piece);
      pieces.push(piece);
      pieceBytes += piece.byteLength;
      receivedBytes += piece.byteLength;
      if (pieceBytes >= partBytes) {
        parts.push(new Blob(pieces));
        pieces = [];
        pieceBytes = 0;
      }
      if (systemClock.monotonicMs() - shownAtMs >= showEveryMs) {
        shownAtMs = systemClock.monotonicMs();
        this.#change(id, { receivedBytes });
      }
    }
    this.#change(id, { receivedBytes });
    // Never a type that the browser would open as a page of this origin.
    const whole = new Blob([...parts, ...pieces], { type: "application/octet-stream" });
    return { url: URL.createObjectURL(whole), hash: bytesToHex(hash.digest()) };
  }

  #change(id: number, change: Partial<Download>): void {
    this.#show(this.#held.map((download) => (download.id === id ? { ...download, ...change } : download)));
  }

  #show(downloads: readonly Download[]): void {
    this.#held = downloads;
    for (const listener of this.#listeners) listener();
  }
}

export const downloads = new Downloads();

/** Hands a finished download to the browser's own list of downloads. */
export function saveAs(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName(name);
  link.click();
}
