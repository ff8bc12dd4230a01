/**
 * What a caller may touch. Everything else does not exist for it: it is neither returned, nor counted, nor changed.
 * The provider's scope is the organisation scope of the root of the tenancy tree.
 */
export type Scope =
  /** Everything: reconcilers and the installation's own commands. */
  | { readonly kind: "installation" }
  /** An organisation and everything below it. */
  | { readonly kind: "organisation"; readonly organisationId: string }
  /** What belongs to one device, and the organisation it is in. */
  | { readonly kind: "device"; readonly organisationId: string; readonly deviceId: string }
  /** Nothing yet: somebody signed in before there is a provider. */
  | { readonly kind: "nothing" };

export const installationScope: Scope = { kind: "installation" };

/**
 * Every table that holds something of a tenant, and the column that names the device a row belongs to.
 * `shared`: any device of the organisation may see it. `hidden`: no device may.
 * A table that is missing here is refused inside a tenant's scope.
 */
export const tenantTables = {
  organisations: "shared",
  identities: "identity_id",
  enrolment_tokens: "hidden",
  vaults: "device_id",
  gateway_tokens: "device_id",
  plans: "device_id",
  runs: "device_id",
  run_log_lines: "device_id",
  snapshots: "device_id",
  copies: "device_id",
  assessments: "device_id",
  certificates: "device_id",
  audit_log: "hidden",
} as const satisfies Record<string, string>;

/** Tables without tenants that a tenant's transaction may use: the tree itself and the head of the audit chain. */
export const commonTables: readonly string[] = ["organisation_reach", "audit_head", "role_grants"];
