import { sql, type Kysely } from "kysely";

/** The first tables. Plain SQL, because that is what will be read when something is wrong. */
export const theHouse = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql.raw(tables).execute(db);
    for (const [table, device] of Object.entries(tenants)) await sql.raw(isolation(table, device)).execute(db);
    await sql.raw(appendOnly).execute(db);
  },
};

const tables = `
create table organisations (
  organisation_id uuid primary key,
  parent_id uuid references organisations,
  kind text not null check (kind in ('provider', 'reseller', 'client', 'site')),
  name text not null,
  created_at timestamptz not null,
  check ((kind = 'provider') = (parent_id is null))
);
create unique index organisations_one_provider on organisations (kind) where kind = 'provider';
create index organisations_parent on organisations (parent_id);

create table organisation_reach (
  ancestor_id uuid not null references organisations,
  descendant_id uuid not null references organisations,
  primary key (ancestor_id, descendant_id)
);
create index organisation_reach_descendant on organisation_reach (descendant_id);

create table enrolment_tokens (
  enrolment_token_id uuid primary key,
  organisation_id uuid not null references organisations,
  kind text not null check (kind in ('device', 'keeper', 'gateway')),
  token_sha256 text not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  uses_left integer not null check (uses_left >= 0)
);

create table identities (
  identity_id uuid primary key,
  organisation_id uuid not null references organisations,
  kind text not null check (kind in ('device', 'keeper', 'gateway')),
  name text not null,
  enrolment_token_id uuid not null,
  public_key_sha256 text not null,
  certificate_sha256 text not null unique,
  certificate_expires_at timestamptz not null,
  sealing_key text,
  signing_key text,
  enrolled_at timestamptz not null,
  revoked_at timestamptz,
  inventory jsonb,
  capabilities jsonb not null,
  last_seen_at timestamptz,
  connection_id uuid,
  unique (enrolment_token_id, public_key_sha256),
  check (kind <> 'keeper' or (sealing_key is not null and signing_key is not null))
);
create index identities_organisation on identities (organisation_id, kind);

create table vaults (
  vault_id uuid primary key,
  organisation_id uuid not null references organisations,
  device_id uuid not null references identities,
  name text not null,
  created_at timestamptz not null,
  keeper_id uuid not null references identities,
  keeper_sealing_key text not null,
  sealed_password text,
  repository_id text,
  ready_at timestamptz,
  unique (device_id, name),
  check ((ready_at is null) = (sealed_password is null) and (ready_at is null) = (repository_id is null))
);

create table plans (
  plan_id uuid primary key,
  organisation_id uuid not null references organisations,
  device_id uuid not null references identities,
  vault_id uuid not null references vaults,
  name text not null,
  spec jsonb not null,
  reasons jsonb not null,
  expected jsonb not null,
  bound_at timestamptz not null,
  replaced_at timestamptz
);
create unique index plans_one_bound on plans (device_id) where replaced_at is null;

create table runs (
  run_id uuid primary key,
  organisation_id uuid not null references organisations,
  device_id uuid not null references identities,
  vault_id uuid references vaults,
  plan_id uuid references plans,
  kind text not null check (kind in ('assess', 'prepare-vault', 'backup', 'replicate', 'drill')),
  state text not null check (state in
    ('queued', 'taken', 'running', 'succeeded', 'warning', 'failed', 'cancelled', 'lost')),
  executor_id uuid not null references identities,
  ask jsonb not null,
  requested_by text not null,
  queued_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  progress jsonb,
  result jsonb,
  failure jsonb,
  handed_out jsonb,
  lease_id uuid,
  lease_expires_at timestamptz,
  times_taken integer not null default 0,
  cancel_requested_at timestamptz,
  log_lines integer not null default 0,
  check ((ended_at is null) = (state in ('queued', 'taken', 'running')))
);
create index runs_of_device on runs (device_id, run_id desc);
create index runs_of_kind on runs (device_id, kind, started_at desc);
create index runs_open on runs (executor_id, queued_at) where ended_at is null;

create table gateway_tokens (
  token_sha256 text primary key,
  organisation_id uuid not null references organisations,
  device_id uuid not null references identities,
  vault_id uuid not null references vaults,
  run_id uuid references runs,
  identity_id uuid not null references identities,
  append_only boolean not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index gateway_tokens_run on gateway_tokens (run_id);
create index gateway_tokens_expiry on gateway_tokens (expires_at);

create table run_log_lines (
  line_id bigint generated always as identity primary key,
  run_id uuid not null references runs,
  organisation_id uuid not null references organisations,
  device_id uuid not null references identities,
  at timestamptz not null,
  level text not null check (level in ('info', 'warning', 'error')),
  text text not null
);
create index run_log_lines_run on run_log_lines (run_id, line_id);

create table snapshots (
  vault_id uuid not null references vaults,
  snapshot_id text not null,
  organisation_id uuid not null references organisations,
  device_id uuid not null references identities,
  plan_id uuid references plans,
  run_id uuid not null unique references runs,
  taken_at timestamptz not null,
  tree text not null,
  technology text not null check (technology in ('full', 'incremental')),
  paths jsonb not null,
  total_files bigint not null,
  total_bytes bigint not null,
  added_bytes bigint not null,
  stored_bytes bigint not null,
  complete boolean not null,
  primary key (vault_id, snapshot_id)
);
create index snapshots_of_device on snapshots (device_id, run_id desc);

create table copies (
  vault_id uuid not null,
  place text not null,
  snapshot_id text not null,
  organisation_id uuid not null references organisations,
  device_id uuid not null references identities,
  copy_snapshot_id text not null,
  run_id uuid not null references runs,
  copied_at timestamptz not null,
  primary key (vault_id, place, snapshot_id),
  foreign key (vault_id, snapshot_id) references snapshots
);

create table assessments (
  assessment_id uuid primary key,
  organisation_id uuid not null references organisations,
  device_id uuid not null references identities,
  run_id uuid not null unique references runs,
  paths_key text not null,
  assessment jsonb not null,
  received_at timestamptz not null
);
create index assessments_of_device on assessments (device_id, received_at desc);

create table certificates (
  certificate_id uuid primary key,
  organisation_id uuid not null references organisations,
  device_id uuid not null references identities,
  vault_id uuid not null references vaults,
  run_id uuid not null unique references runs,
  snapshot_id text not null,
  client_id uuid not null references organisations,
  position integer not null,
  passed boolean not null,
  certificate jsonb not null,
  body_sha256 text not null,
  received_at timestamptz not null,
  unique (client_id, position)
);
create index certificates_of_device on certificates (device_id, received_at desc);

create table role_grants (
  user_id text not null,
  organisation_id uuid references organisations,
  role text not null check (role in ('provider-administrator')),
  granted_at timestamptz not null,
  unique nulls not distinct (user_id, organisation_id)
);

create table audit_log (
  seq bigint primary key,
  at timestamptz not null,
  actor_kind text not null,
  actor_id text not null,
  actor_name text not null,
  action text not null,
  subject_kind text not null,
  subject_id text not null,
  organisation_id uuid references organisations,
  detail jsonb not null,
  previous_hash text not null,
  hash text not null
);
create table audit_head (
  one boolean primary key check (one),
  seq bigint not null,
  hash text not null
);
insert into audit_head (one, seq, hash) values (true, 0, '');
`;

/** As store/scope.ts says today; a later table brings its own line in its own migration. */
const tenants = {
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
};

/**
 * Row-level security: store.ts sets `holdfast.reach` (`*`, or an organisation) and `holdfast.device` for each
 * transaction; where they are not set, nothing is visible. `force` holds the owner of the tables to it as well.
 */
function isolation(table: string, device: string): string {
  const everything = "(select current_setting('holdfast.reach', true)) = '*'";
  const reach = "(select nullif(nullif(current_setting('holdfast.reach', true), '*'), '')::uuid)";
  const only = "(select nullif(current_setting('holdfast.device', true), '')::uuid)";
  const inReach = `organisation_id in (select descendant_id from organisation_reach where ancestor_id = ${reach})`;
  const ofDevice =
    {
      hidden: `${only} is null`,
      shared: `(${only} is null or organisation_id = ${reach})`,
    }[device] ?? `(${only} is null or ${device} = ${only})`;
  const visible = `${everything} or (${inReach} and ${ofDevice})`;
  const writable =
    {
      // A new organisation is in reach when its parent is.
      organisations: `${everything} or ${inReach.replace("organisation_id", "parent_id")}`,
      // What a device does is audited like everything else, though it can never read the log.
      audit_log: `${everything} or ${inReach}`,
    }[table] ?? visible;
  return `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant on ${table} using (${visible}) with check (${writable});
`;
}

const appendOnly = `
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only';
end $$;
create trigger audit_log_append_only before update or delete or truncate on audit_log
  for each statement execute function refuse_change();
`;
