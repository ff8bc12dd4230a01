import { createHash } from "node:crypto";
import { canonicalJson } from "@holdfast/domain";
import type { Kysely } from "kysely";
import type { AuditDetail, Tables } from "./tables.ts";
import { json } from "./tables.ts";

/** Who did it, as it will be read years later, when the account may be gone. */
export interface Actor {
  readonly kind: "user" | "installation" | "device" | "keeper" | "gateway" | "server";
  readonly id: string;
  readonly name: string;
}

export const serverActor: Actor = { kind: "server", id: "server", name: "server" };

export interface AuditEntry {
  readonly by: Actor;
  /** What happened, subject first: `run.queued`, `vault.ready`. */
  readonly action: string;
  readonly subject: { readonly kind: string; readonly id: string };
  /** Whose log it is in; null for what concerns the whole installation. */
  readonly organisationId: string | null;
  readonly detail?: AuditDetail;
}

/**
 * Appends an entry whose hash covers the one before, so that none can be changed, inserted or taken out unseen.
 * The head is locked until the transaction ends: entries stand in the order in which their changes became true.
 */
export async function appendAuditEntry(db: Kysely<Tables>, entry: AuditEntry, at: Date): Promise<void> {
  const head = await db.selectFrom("auditHead").selectAll().forUpdate().executeTakeFirstOrThrow();
  const row = {
    seq: head.seq + 1,
    at,
    actorKind: entry.by.kind,
    actorId: entry.by.id,
    actorName: entry.by.name,
    action: entry.action,
    subjectKind: entry.subject.kind,
    subjectId: entry.subject.id,
    organisationId: entry.organisationId,
    detail: entry.detail ?? {},
    previousHash: head.hash,
  };
  const hash = auditHash(row);
  await db
    .insertInto("auditLog")
    .values({ ...row, detail: json(row.detail), hash })
    .execute();
  await db.updateTable("auditHead").set({ seq: row.seq, hash }).execute();
}

/** SHA-256 in hex over everything an entry says, the hash of the one before included. */
function auditHash(row: {
  readonly seq: number;
  readonly at: Date;
  readonly actorKind: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly organisationId: string | null;
  readonly detail: AuditDetail;
  readonly previousHash: string;
}): string {
  const { at, ...rest } = row;
  return createHash("sha256")
    .update(canonicalJson({ ...rest, at: at.toISOString() }))
    .digest("hex");
}

/**
 * Walks the whole chain.
 * @returns how many entries hold, and the number of the first that does not, if any
 */
export async function verifyAuditChain(
  db: Pick<Kysely<Tables>, "selectFrom">,
): Promise<{ entries: number; brokenAt: number | undefined }> {
  const pageRows = 1000;
  let previousHash = "";
  for (let seq = 0; ;) {
    const rows = await db
      .selectFrom("auditLog")
      .selectAll()
      .where("seq", ">", seq)
      .orderBy("seq")
      .limit(pageRows)
      .execute();
    for (const { hash, ...row } of rows) {
      const follows = row.seq === seq + 1 && row.previousHash === previousHash;
      if (!follows || auditHash(row) !== hash) return { entries: seq, brokenAt: seq + 1 };
      seq = row.seq;
      previousHash = hash;
    }
    if (rows.length < pageRows) {
      const head = await db.selectFrom("auditHead").selectAll().executeTakeFirstOrThrow();
      const complete = head.seq === seq && head.hash === previousHash;
      return { entries: seq, brokenAt: complete ? undefined : seq + 1 };
    }
  }
}
