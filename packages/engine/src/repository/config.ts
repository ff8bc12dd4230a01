import { type Random, HoldfastError, toHex } from "@holdfast/base";
import { generatePolynomial, isIrreducible } from "../chunker/polynomial.ts";
import { engineErrors } from "../errors.ts";
import { isId, type Id } from "../id.ts";

/** What the file `config` says. Its existence means that the repository is complete. */
export interface RepositoryConfig {
  readonly version: 1 | 2;
  /** Random; tells repositories apart and is no hash of anything. */
  readonly id: Id;
  /** Irreducible, of degree 53: decides where files are cut. */
  readonly chunkerPolynomial: bigint;
}

export function newConfig(random: Random, version: 1 | 2, chunkerPolynomial?: bigint): RepositoryConfig {
  return {
    version,
    id: toHex(random.bytes(32)) as Id,
    chunkerPolynomial: chunkerPolynomial ?? generatePolynomial(random),
  };
}

/** JSON in restic's key order. Encrypted before it is stored, never compressed. */
export function serialiseConfig(config: RepositoryConfig): Uint8Array {
  const { version, id, chunkerPolynomial } = config;
  return Buffer.from(JSON.stringify({ version, id, chunker_polynomial: chunkerPolynomial.toString(16) }));
}

/** Unknown keys are passed over. @throws ENGINE_UNSUPPORTED_VERSION, ENGINE_CONFIG_DAMAGED */
export function parseConfig(json: Uint8Array): RepositoryConfig {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(json).toString("utf8"));
  } catch (cause) {
    throw configDamaged(cause);
  }
  if (typeof parsed !== "object" || parsed === null) throw configDamaged("not an object");
  const { version, id, chunker_polynomial: hex }: Readonly<Record<string, unknown>> = { ...parsed };
  if (version !== 1 && version !== 2) {
    if (typeof version !== "number") throw configDamaged("no version");
    throw new HoldfastError(engineErrors.unsupportedVersion, `This repository has format version ${version}.`);
  }
  if (!isId(id)) throw configDamaged("no id");
  if (typeof hex !== "string" || !/^[0-9a-f]{1,16}$/.test(hex)) throw configDamaged("no chunker polynomial");
  const chunkerPolynomial = BigInt(`0x${hex}`);
  if (!isIrreducible(chunkerPolynomial)) throw configDamaged("its chunker polynomial is reducible");
  return { version, id, chunkerPolynomial };
}

export function configDamaged(cause: unknown): HoldfastError {
  return new HoldfastError(engineErrors.configDamaged, "The config file of this repository is damaged.", { cause });
}
