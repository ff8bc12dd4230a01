import type { Device, Run } from "../api/queries.ts";
import type { MarkLook } from "./mark.tsx";

/** Protection as a technician reads it: the icon's shape tells as much as its colour. */
export const protectionLooks: Record<Device["protection"]["state"], MarkLook> = {
  unprotected: { tone: "alarm", icon: "shield-off", word: "Unprotected" },
  failing: { tone: "bad", icon: "octagon", word: "Failing" },
  late: { tone: "warn", icon: "clock", word: "Late" },
  waiting: { tone: "busy", icon: "hourglass", word: "Waiting" },
  protected: { tone: "good", icon: "shield-check", word: "Protected" },
};

export const runLooks: Record<Run["state"], MarkLook> = {
  queued: { tone: "calm", icon: "queued", word: "Queued" },
  taken: { tone: "busy", icon: "turning", word: "Starting" },
  running: { tone: "busy", icon: "turning", word: "Running" },
  succeeded: { tone: "good", icon: "check", word: "Succeeded" },
  warning: { tone: "warn", icon: "warning", word: "With warnings" },
  failed: { tone: "bad", icon: "octagon", word: "Failed" },
  cancelled: { tone: "calm", icon: "stop", word: "Cancelled" },
  lost: { tone: "bad", icon: "unplugged", word: "Lost" },
};

export const drillLooks = {
  passed: { tone: "good", icon: "check", word: "Passed" },
  failed: { tone: "bad", icon: "octagon", word: "Failed" },
} as const satisfies Record<string, MarkLook>;

/** What a run does, as a line of a list says it. */
export const runKindWords: Record<Run["kind"], string> = {
  assess: "Assessment",
  "prepare-vault": "Vault preparation",
  backup: "Backup",
  replicate: "Replication",
  drill: "Restore drill",
};

/** Who asked for a run: a person by name, or one of the two that are not persons. */
export function requesterWords(requestedBy: string): string {
  return requestedBy === "schedule" || requestedBy === "installation" ? `the ${requestedBy}` : requestedBy;
}
