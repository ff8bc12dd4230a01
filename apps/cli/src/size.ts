import { GiB, HoldfastError, KiB, MiB } from "@holdfast/base";
import { cliErrors } from "./errors.ts";

const unitBytes: Readonly<Record<string, number>> = { "": 1, b: 1, k: KiB, m: MiB, g: GiB, t: 1024 * GiB };

/** restic's notation: "500k", "20M", "4G"; a bare number is bytes. @throws CLI_USAGE */
export function parseSize(text: string, flag: string): number {
  const [, digits = "", unit = ""] = /^(\d+)([bkmgt]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (unitBytes[unit.toLowerCase()] ?? Number.NaN);
  if (digits !== "" && Number.isSafeInteger(bytes)) return bytes;
  throw new HoldfastError(cliErrors.usage, `${flag} wants a size such as 500k, 20M or 4G, not "${text}".`);
}
