import type { IdentityKind } from "@holdfast/contract";
import type { IdentityRow } from "../store/identities.ts";
import type { Actor } from "../store/audit.ts";
import type { Scope } from "../store/scope.ts";

/** A device, keeper or gateway whose certificate has been checked. */
export interface Party {
  readonly identityId: string;
  readonly kind: IdentityKind;
  readonly name: string;
  readonly organisationId: string;
  readonly actor: Actor;
  /** A device touches what is its own; a keeper or gateway what its organisation and those below have. */
  readonly scope: Scope;
}

export function partyOf(row: IdentityRow): Party {
  const { identityId, kind, name, organisationId } = row;
  return {
    identityId,
    kind,
    name,
    organisationId,
    actor: { kind, id: identityId, name },
    scope:
      kind === "device"
        ? { kind: "device", organisationId, deviceId: identityId }
        : { kind: "organisation", organisationId },
  };
}
