import type { Permission } from "@holdfast/contract";
import type { Actor } from "../store/audit.ts";
import { installationScope, type Scope } from "../store/scope.ts";

/** What a role lets its holder do, within the organisations it was given for. */
export const rolePermissions = {
  "provider-administrator": ["signed-in", "read", "operate", "restore", "administer"],
} as const satisfies Record<string, readonly Permission[]>;
export type Role = keyof typeof rolePermissions;

/** Somebody who asks the API: who, what they may touch, and what they may do there. */
export interface Caller {
  readonly actor: Actor;
  readonly scope: Scope;
  readonly permissions: readonly Permission[];
  /** Who is signed in; absent for tokens. */
  readonly user?: {
    readonly userId: string;
    readonly name: string;
    readonly email: string;
    readonly role: Role;
  };
}

/** Whoever can read the installation's token file: the command line on the server's machine. */
export const installationCaller: Caller = {
  actor: { kind: "installation", id: "installation", name: "installation" },
  scope: installationScope,
  permissions: ["read", "operate", "restore", "administer", "installation"],
};

/** Somebody without any sign of who they are. */
export const anonymousCaller: Caller = {
  actor: { kind: "user", id: "", name: "anonymous" },
  scope: { kind: "nothing" },
  permissions: [],
};

export type Verdict = "allowed" | "sign-in-needed" | "not-allowed";

/** Whether `caller` may use an operation that needs `permission`. */
export function evaluateAccess(caller: Caller, permission: Permission): Verdict {
  if (permission === "public" || caller.permissions.includes(permission)) return "allowed";
  return caller === anonymousCaller ? "sign-in-needed" : "not-allowed";
}
