export { assert, unreachable } from "./assert.ts";
export { compareBytes, concatBytes, equalBytes, fromHex, toHex } from "./bytes.ts";
export { systemClock, type Clock } from "./clock.ts";
export {
  HoldfastError,
  isFailure,
  messageOf,
  systemCodeOf,
  type ErrorCatalogue,
  type ErrorEntry,
  type ErrorKind,
} from "./errors.ts";
export { newId } from "./ids.ts";
export { silentLog, type Log, type LogFields } from "./log.ts";
export { systemRandom, type Random } from "./random.ts";
export { GiB, KiB, MiB, count, dayMs, formatBytes, formatDuration, hourMs, minuteMs, secondMs } from "./units.ts";
