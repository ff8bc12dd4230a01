import { HoldfastError, hourMs, minuteMs, secondMs } from "@holdfast/base";
import { cliErrors } from "./errors.ts";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: secondMs, m: minuteMs, h: hourMs };

/** Go's notation, as restic takes it: "90s", "5m", "1h30m"; "0" too. Milliseconds. @throws CLI_USAGE */
export function parseDuration(text: string, flag: string): number {
  if (text === "0") return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== text) {
    throw new HoldfastError(cliErrors.usage, `${flag} wants a duration such as 30s, 5m or 1h30m, not "${text}".`);
  }
  return parts.reduce((ms, [, number, unit = "s"]) => ms + Number(number) * (unitMs[unit] ?? 0), 0);
}
