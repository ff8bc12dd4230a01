import { HoldfastError, secondMs, type Clock } from "@holdfast/base";
import { cliErrors } from "./errors.ts";

/** A terminal tells the whole process group, and npm then passes the same signal on: that is one request, not two. */
const sameRequestMs = secondMs;

/**
 * Ctrl-C and SIGTERM abort the signal, once; the command then lets go of its locks and leaves with 130. Somebody who
 * asks again leaves at once. A closed terminal (SIGHUP) does not stop a backup.
 */
export function onInterruption(clock: Clock, leaveNow: () => void): AbortSignal {
  const controller = new AbortController();
  let askedAtMs: number | undefined;
  const interrupt = () => {
    if (askedAtMs === undefined) {
      askedAtMs = clock.monotonicMs();
      controller.abort(new HoldfastError(cliErrors.interrupted, "Interrupted."));
    } else if (clock.monotonicMs() - askedAtMs > sameRequestMs) leaveNow();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  process.on("SIGHUP", () => {});
  return controller.signal;
}
