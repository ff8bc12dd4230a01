import type { Log, LogFields } from "@holdfast/base";
import { destination, pino, type Logger } from "pino";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines on standard error; standard output carries the ready line. */
export function standardErrorLog(level: LogLevel): Log {
  return logOf(pino({ level, base: { part: "gateway" } }, destination({ dest: 2, sync: true })));
}

function logOf(logger: Logger): Log {
  return {
    debug: (message, fields?: LogFields) => logger.debug(fields ?? {}, message),
    info: (message, fields?: LogFields) => logger.info(fields ?? {}, message),
    warn: (message, fields?: LogFields) => logger.warn(fields ?? {}, message),
    error: (message, fields?: LogFields) => logger.error(fields ?? {}, message),
    child: (fields) => logOf(logger.child(fields)),
  };
}
