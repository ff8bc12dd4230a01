import type { Replacement } from "@holdfast/engine";
import { shortId, type StoredSnapshot } from "@holdfast/engine/repository";
import type { Call } from "./command.ts";
import { localTime } from "./output/local-time.ts";
import { printable } from "./output/printable.ts";
import type { outputFlags } from "./table/repository-flags.ts";

/** "snapshot 4bba301e of [/home] at 2026-11-22 08:30:00 by ann@alpha" */
export function snapshotHeading(snapshot: StoredSnapshot): string {
  const paths = snapshot.paths.map(printable).join(" ");
  const who = `${printable(snapshot.username)}@${printable(snapshot.hostname)}`;
  return `snapshot ${shortId(snapshot.id)} of [${paths}] at ${localTime(snapshot.time.ns)} by ${who}`;
}

/** Says what becomes of snapshots that are replaced, in restic's lines, and counts them. */
export class ReplacedSnapshots {
  readonly #call: Pick<Call<typeof outputFlags>, "flags" | "terminal">;
  readonly #isDryRun: boolean;
  changed = 0;

  constructor(call: Pick<Call<typeof outputFlags>, "flags" | "terminal">, isDryRun: boolean) {
    this.#call = call;
    this.#isDryRun = isDryRun;
  }

  tell(snapshot: StoredSnapshot, replacement: Replacement): void {
    const { flags, terminal } = this.#call;
    if (replacement.kind !== "unchanged") this.changed += 1;
    if (flags.json) {
      const newId = replacement.kind === "replaced" && !this.#isDryRun ? replacement.id : undefined;
      const message = { message_type: "changed", old_snapshot_id: snapshot.id, new_snapshot_id: newId };
      if (replacement.kind !== "unchanged") terminal.write(`${JSON.stringify(message)}\n`);
    } else if (!flags.quiet) {
      terminal.write(
        this.#linesOf(snapshot, replacement)
          .map((line) => `${line}\n`)
          .join(""),
      );
    }
  }

  /** The last line: how many there were. */
  finish(): void {
    const { flags, terminal } = this.#call;
    const { changed } = this;
    if (flags.json) terminal.write(`${JSON.stringify({ message_type: "summary", changed_snapshots: changed })}\n`);
    if (flags.json || flags.quiet) return;
    const [none, some] = this.#isDryRun
      ? ["no snapshots would be modified", `would modify ${changed} snapshots`]
      : ["no snapshots were modified", `modified ${changed} snapshots`];
    terminal.write(`\n${changed === 0 ? none : some}\n`);
  }

  #linesOf(snapshot: StoredSnapshot, replacement: Replacement): string[] {
    const old = shortId(snapshot.id);
    switch (replacement.kind) {
      case "unchanged":
        return [];
      case "empty":
        if (!replacement.isOldRemoved) return ["nothing of it can be read; --forget removes it"];
        return [this.#isDryRun ? "would delete empty snapshot" : `removed empty snapshot ${old}`];
      case "replaced": {
        const { id, isNew, isOldRemoved } = replacement;
        if (this.#isDryRun) return ["would save new snapshot", ...(isOldRemoved ? ["would remove old snapshot"] : [])];
        const saved = isNew ? `saved new snapshot ${shortId(id)}` : `snapshot ${shortId(id)} is that already`;
        return [saved, ...(isOldRemoved ? [`removed old snapshot ${old}`] : [])];
      }
    }
  }
}
