import type { Log, LogFields } from "@holdfast/base";
import { printable } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

/** What the engine says while it works, for a person: warnings always, the rest with `-v` and `-vv`. */
export function terminalLog(terminal: Terminal, verbosity: number, fields: LogFields = {}): Log {
  const say = (level: string, message: string, more: LogFields = {}) => {
    const facts = Object.entries({ ...fields, ...more })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${value}`);
    const text = [message, ...facts].join(", ");
    terminal.writeError(`holdfast: ${level === "" ? "" : `${level}: `}${printable(text)}\n`);
  };
  const when = (level: string, least: number) => (message: string, more?: LogFields) => {
    if (verbosity >= least) say(level, message, more);
  };
  return {
    debug: when("", 2),
    info: when("", 1),
    warn: when("warning", 0),
    error: when("error", 0),
    child: (more) => terminalLog(terminal, verbosity, { ...fields, ...more }),
  };
}
