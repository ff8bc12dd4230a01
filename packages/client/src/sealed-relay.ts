import { HoldfastError } from "@holdfast/base";
import { clientErrors } from "./errors.ts";

/**
 * How a keeper answers a reader through a server that must not read along.
 *
 * The reader makes a P-256 key for one question. The keeper makes another, derives an AES-256 key from both
 * (ECDH, then HKDF-SHA256 over both public keys), and sends its public key followed by frames:
 *
 *     u32 length (big-endian) | AES-256-GCM(nonce = frame number, plain = kind byte | bytes)
 *
 * Kind 0 carries bytes, 1 ends the answer, 2 ends it with an error as JSON `{code, message, cure}`. An answer that
 * stops before an end was cut off. The server could still put its own key in the reader's place; the page it serves
 * could too, so this protects against a server that is read, not against one that is replaced (docs/threat-model.md).
 */
export const relayFrameBytesMax = 64 * 1024;
const curve = { name: "ECDH", namedCurve: "P-256" } as const;
const publicKeyBytes = 65;
const frameKind = { bytes: 0, end: 1, failure: 2 } as const;

export interface ReaderKey {
  /** base64url of the raw point; goes into the question. */
  readonly publicKey: string;
  readonly privateKey: CryptoKey;
}

export async function newReaderKey(): Promise<ReaderKey> {
  const pair = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  return {
    publicKey: toBase64Url(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))),
    privateKey: pair.privateKey,
  };
}

/** What ends an answer early, as the reader sees it. */
export interface RelayFailure {
  readonly code: string;
  readonly message: string;
  readonly cure: string;
}

/**
 * Seals `pieces` for the holder of `readerKey`, for the keeper's side.
 * When `pieces` throws, `describe` turns the error into the failure that the reader gets; nothing else leaks.
 */
export async function* sealAnswer(
  readerKey: string,
  pieces: AsyncIterable<Uint8Array>,
  describe: (error: unknown) => RelayFailure,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = fromBase64Url(readerKey);
  const pair = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const own = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const key = await answerKey(pair.privateKey, reader, reader, own);
  let number = 0;
  const frame = async (kind: number, bytes: Uint8Array) => {
    const plain = new Uint8Array(1 + bytes.byteLength);
    plain[0] = kind;
    plain.set(bytes, 1);
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonceOf(number++) }, key, plain));
    const out = new Uint8Array(4 + sealed.byteLength);
    new DataView(out.buffer).setUint32(0, sealed.byteLength);
    out.set(sealed, 4);
    return out;
  };
  yield own;
  try {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.byteLength; at += relayFrameBytesMax) {
        yield await frame(frameKind.bytes, piece.subarray(at, at + relayFrameBytesMax));
      }
    }
    yield await frame(frameKind.end, new Uint8Array(0));
  } catch (error) {
    yield await frame(frameKind.failure, new TextEncoder().encode(JSON.stringify(describe(error))));
  }
}

/**
 * The plain bytes of an answer, for the reader's side.
 * @throws RELAY_BROKEN when cut off or altered; the keeper's own failure, with its code, when it reported one
 */
export async function* openAnswer(
  key: ReaderKey,
  answer: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const source = new PieceReader(answer);
  const keeper = await source.take(publicKeyBytes);
  const opened = await answerKey(key.privateKey, keeper, fromBase64Url(key.publicKey), keeper).catch(() => {
    throw broken();
  });
  for (let number = 0; ; number += 1) {
    const header = await source.take(4);
    const length = new DataView(header.buffer, header.byteOffset, 4).getUint32(0);
    if (length > relayFrameBytesMax + 17 || length < 17) throw broken();
    const sealed = await source.take(length);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonceOf(number) }, opened, sealed).then(
      (bytes) => new Uint8Array(bytes),
      () => {
        throw broken();
      },
    );
    const bytes = plain.subarray(1);
    if (plain[0] === frameKind.end) return;
    if (plain[0] === frameKind.failure) throw failureIn(bytes);
    yield bytes;
  }
}

function failureIn(bytes: Uint8Array): HoldfastError {
  const { code, message, cure } = JSON.parse(new TextDecoder().decode(bytes)) as RelayFailure;
  return new HoldfastError({ code, kind: "unavailable", cause: message, cure }, message);
}

async function answerKey(
  own: CryptoKey,
  other: Uint8Array<ArrayBuffer>,
  reader: Uint8Array<ArrayBuffer>,
  keeper: Uint8Array<ArrayBuffer>,
): Promise<CryptoKey> {
  const otherKey = await crypto.subtle.importKey("raw", other, curve, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: otherKey }, own, 256);
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const salt = new Uint8Array(reader.byteLength + keeper.byteLength);
  salt.set(reader);
  salt.set(keeper, reader.byteLength);
  const info = new TextEncoder().encode("holdfast sealed relay 1");
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt, info },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

/** 96 bits, big-endian frame number. Safe to count from zero: every answer has its own key. */
function nonceOf(number: number): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(8, number);
  return nonce;
}

/** Takes exact lengths out of pieces of any length. */
class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const out = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (this.#held.byteLength === 0) {
        const next = await this.#pieces.next();
        if (next.done) throw broken();
        this.#held = next.value;
      }
      const part = this.#held.subarray(0, length - filled);
      out.set(part, filled);
      filled += part.byteLength;
      this.#held = this.#held.subarray(part.byteLength);
    }
    return out;
  }
}

function broken(): HoldfastError {
  return new HoldfastError(clientErrors.relayBroken, "The keeper's answer was cut off or altered on its way.");
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}
