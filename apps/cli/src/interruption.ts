import { HoldfastError } from "@holdfast/base";
import { cliErrors } from "./errors.ts";

/**
 * Ctrl-C and SIGTERM abort the signal, once; the command then lets go of its locks and leaves with 130. A second one
 * leaves at once. A closed terminal (SIGHUP) does not stop a backup.
 */
export function onInterruption(leaveNow: () => void): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) return leaveNow();
    controller.abort(new HoldfastError(cliErrors.interrupted, "Interrupted."));
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  process.on("SIGHUP", () => {});
  return controller.signal;
}
