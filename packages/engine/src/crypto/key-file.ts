import { scrypt } from "node:crypto";
import { type Random, HoldfastError, MiB } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { MasterKey, masterKeyBytes, parseMasterKey, serialiseMasterKey } from "./master-key.ts";
import { newNonce, open, seal } from "./seal.ts";

/** The cost of one guess at the password, as scrypt's three numbers. Memory is 128 · N · r bytes. */
export interface KdfParameters {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and about a tenth of a second: what restic's own calibration settles on for an ordinary machine. */
const defaultKdf: KdfParameters = { N: 32768, r: 8, p: 1 };

const saltBytes = 64;
/** A key file comes from the storage unauthenticated: it must not make us allocate or compute without end. */
const kdfMemoryMax = 512 * MiB;
const kdfWorkMax = 8 * kdfMemoryMax;

/** A file below `keys/`: plain JSON around the master key, which is encrypted with a key made from a password. */
export interface KeyFile {
  readonly created: string;
  readonly username: string;
  readonly hostname: string;
  readonly kdf: KdfParameters;
  readonly salt: Uint8Array;
  readonly data: Uint8Array;
}

/**
 * Wraps a master key in a password.
 * @param password as typed; stretched as UTF-8
 */
export async function createKeyFile(
  masterKey: MasterKey,
  password: string,
  options: { created: string; username: string; hostname: string; kdf?: KdfParameters },
  random: Random,
): Promise<KeyFile> {
  const kdf = options.kdf ?? defaultKdf;
  const salt = random.bytes(saltBytes);
  const userKey = await stretch(password, salt, kdf);
  const data = seal(userKey, newNonce(random), serialiseMasterKey(masterKey));
  return { created: options.created, username: options.username, hostname: options.hostname, kdf, salt, data };
}

/** @throws SealBrokenError for another password's key; ENGINE_KEY_DAMAGED when what it holds is no master key */
export async function openKeyFile(keyFile: KeyFile, password: string): Promise<MasterKey> {
  const json = open(await stretch(password, keyFile.salt, keyFile.kdf), keyFile.data);
  try {
    return parseMasterKey(json);
  } catch (cause) {
    throw keyDamaged(cause);
  }
}

/** JSON in restic's key order. */
export function serialiseKeyFile(keyFile: KeyFile): Uint8Array {
  const { created, username, hostname, kdf, salt, data } = keyFile;
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const { N, r, p } = kdf;
  return Buffer.from(
    JSON.stringify({ created, username, hostname, kdf: "scrypt", N, r, p, salt: text(salt), data: text(data) }),
  );
}

/** @throws ENGINE_KEY_DAMAGED */
export function parseKeyFile(json: Uint8Array): KeyFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(json).toString("utf8"));
  } catch (cause) {
    throw keyDamaged(cause);
  }
  if (typeof parsed !== "object" || parsed === null) throw keyDamaged("not an object");
  const fields: Readonly<Record<string, unknown>> = { ...parsed };
  if (fields.kdf !== "scrypt") throw keyDamaged("its kdf is not scrypt");
  const kdf = { N: wholeNumber(fields.N), r: wholeNumber(fields.r), p: wholeNumber(fields.p) };
  const memory = 128 * kdf.N * kdf.r;
  const isPowerOfTwo = kdf.N > 1 && Number.isInteger(Math.log2(kdf.N));
  if (!isPowerOfTwo || memory > kdfMemoryMax || memory * kdf.p > kdfWorkMax)
    throw keyDamaged(`scrypt with N=${kdf.N} r=${kdf.r} p=${kdf.p} is out of bounds`);
  const salt = base64(fields.salt);
  if (salt.byteLength !== saltBytes) throw keyDamaged("its salt is not 64 bytes");
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    created: text(fields.created),
    username: text(fields.username),
    hostname: text(fields.hostname),
    kdf,
    salt,
    data: base64(fields.data),
  };
}

function stretch(password: string, salt: Uint8Array, { N, r, p }: KdfParameters): Promise<MasterKey> {
  return new Promise((resolve, reject) => {
    const maxmem = 128 * r * (N + p + 2) + MiB;
    scrypt(Buffer.from(password, "utf8"), salt, masterKeyBytes, { N, r, p, maxmem }, (error, bytes) =>
      error ? reject(error) : resolve(new MasterKey(bytes)),
    );
  });
}

function wholeNumber(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1)
    throw keyDamaged("a scrypt parameter is not a positive whole number");
  return value;
}

function base64(value: unknown): Uint8Array {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw keyDamaged("not base64");
  return Buffer.from(value, "base64");
}

function keyDamaged(cause: unknown): HoldfastError {
  return new HoldfastError(engineErrors.keyDamaged, "A key file of this repository is damaged.", { cause });
}
