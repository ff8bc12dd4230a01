/** Plain facts beside a log line. Never a secret: keys, tokens, passwords and file contents stay out. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The shape of a logger; pino fits behind it. `child` adds fields to every later line. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Log;
}

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};
