import type { Log, LogFields } from "@holdfast/base";
import { destination, pino, type Logger } from "pino";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines on standard error; standard output belongs to what a caller reads, the ready line. */
export function standardErrorLog(level: LogLevel, fields: LogFields): Log {
  // Written at once: the last line before a crash is the one that is wanted.
  return logOf(pino({ level, base: fields }, destination({ dest: 2, sync: true })));
}

function logOf(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: (fields) => logOf(logger.child(fields)),
  };
}
