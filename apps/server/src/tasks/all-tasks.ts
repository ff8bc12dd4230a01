import { dayMs, hourMs, secondMs } from "@holdfast/base";
import type { Services } from "../app/services.ts";
import { giveUpLapsedLeases } from "./lapsed-leases.ts";
import { forgetOldTokens } from "./old-tokens.ts";
import type { Task } from "./run-tasks.ts";
import { scheduleWork } from "./schedule-work.ts";

/** Everything that the server does by itself. `own`: what only the program that runs it can do. */
export function allTasks(
  services: Services,
  own: { readonly offerAll: () => void; readonly renewCertificate: () => Promise<void> },
): Task[] {
  return [
    { name: "lapsed leases", everyMs: 5 * secondMs, run: () => giveUpLapsedLeases(services) },
    { name: "schedule", everyMs: 5 * secondMs, run: () => scheduleWork(services) },
    { name: "offers", everyMs: 15 * secondMs, run: async () => own.offerAll() },
    { name: "old tokens", everyMs: hourMs, run: () => forgetOldTokens(services) },
    { name: "server certificate", everyMs: dayMs, run: own.renewCertificate },
  ];
}
