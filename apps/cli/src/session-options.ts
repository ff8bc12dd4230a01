import { HoldfastError, KiB, MiB } from "@holdfast/base";
import { compressionModes, type SessionOptions } from "@holdfast/engine/repository";
import type { TransferLimits } from "@holdfast/storage";
import type { Environment } from "./environment.ts";
import { cliErrors } from "./errors.ts";
import type { FlagValues } from "./flag.ts";
import type { repositoryFlags } from "./table/repository-flags.ts";

type RepositoryFlags = FlagValues<typeof repositoryFlags>;

const packMiBMin = 4;
const packMiBMax = 128;

/** How things are stored: flags first, then the environment. @throws CLI_USAGE */
export function sessionOptions({
  flags,
  environment,
}: {
  readonly flags: RepositoryFlags;
  readonly environment: Environment;
}): SessionOptions {
  const packMiB = wholeNumber(flags.packSize ?? environment.packSize, "--pack-size");
  if (packMiB !== undefined && (packMiB < packMiBMin || packMiB > packMiBMax)) {
    throw new HoldfastError(cliErrors.usage, `--pack-size wants ${packMiBMin} to ${packMiBMax}, not ${packMiB}.`);
  }
  const wanted = flags.compression ?? environment.compression;
  const compression = compressionModes.find((mode) => mode === wanted);
  if (wanted !== undefined && compression === undefined) {
    throw new HoldfastError(cliErrors.usage, `--compression wants ${compressionModes.join(", ")}, not "${wanted}".`);
  }
  return {
    ...(packMiB !== undefined && { packBytesTarget: packMiB * MiB }),
    ...(compression !== undefined && { compression }),
    isVerified: !flags.noExtraVerify,
  };
}

/** KiB a second become bytes; 0 is no limit, as in restic. @throws CLI_USAGE */
export function transferLimits({ limitUpload, limitDownload }: RepositoryFlags): TransferLimits | undefined {
  const upload = wholeNumber(limitUpload, "--limit-upload") ?? 0;
  const download = wholeNumber(limitDownload, "--limit-download") ?? 0;
  if (upload === 0 && download === 0) return undefined;
  return {
    uploadBytesPerSecond: upload === 0 ? undefined : upload * KiB,
    downloadBytesPerSecond: download === 0 ? undefined : download * KiB,
  };
}

/** @throws CLI_USAGE when there is a text and it is no whole number */
export function wholeNumber(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new HoldfastError(cliErrors.usage, `${flag} wants a whole number, not "${text}".`);
}
