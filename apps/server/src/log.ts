import type { Log, LogFields } from "@holdfast/base";
import pino from "pino";

/** Should a secret ever be logged under one of these names, it is not written. */
const redacted = ["token", "password", "secret", "authorization", "cookie", "sealedPassword"];

/** JSON lines on stderr, because stdout carries the ready line. */
export function jsonLog(level: string): Log {
  const destination = pino.destination({ fd: 2, sync: true });
  return behind(pino({ level, base: null, redact: redacted }, destination));
}

function behind(logger: pino.Logger): Log {
  const write = (level: "debug" | "info" | "warn" | "error") => (message: string, fields?: LogFields) =>
    logger[level](fields ?? {}, message);
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (fields) => behind(logger.child(fields)),
  };
}
