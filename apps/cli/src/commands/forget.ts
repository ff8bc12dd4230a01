import { HoldfastError, count } from "@holdfast/base";
import { evaluateRetention, groupSnapshots, isEmptyPolicy, type RetentionPolicy } from "@holdfast/domain";
import {
  localOffsetS,
  matchesFilter,
  shortId,
  type Repository,
  type SnapshotId,
  type StoredSnapshot,
} from "@holdfast/engine/repository";
import { forgetSnapshots, lookAheadOfPrune, type PruneOptions } from "@holdfast/engine/upkeep";
import type { Call } from "../command.ts";
import { chosenSnapshots } from "../chosen-snapshots.ts";
import { parseDuration } from "../duration.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { outcomeJson, outcomeText, type GroupOutcome } from "../forget-report.ts";
import { printable } from "../output/printable.ts";
import { pruneLimits } from "../prune-options.ts";
import { runPrune } from "../prune-run.ts";
import { groupingOf, retentionPolicy } from "../retention-options.ts";
import { ourselves, underLock, withRepository, type Session } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import { groupHeading } from "../snapshot-text.ts";
import type { forgetFlags } from "../table/forget-commands.ts";

type ForgetCall = Call<typeof forgetFlags>;

/** Removes the snapshots that are named, or that no rule keeps; 3 when the storage refused some. */
export async function run(call: ForgetCall): Promise<ExitCode> {
  const { operands, flags } = call;
  const policy = retentionPolicy(flags);
  if (operands.length === 0) refuseCareless(call, policy);
  if (flags.noLock && !flags.dryRun)
    throw new HoldfastError(cliErrors.usage, "--no-lock goes with --dry-run only: whoever removes must hold the lock.");
  const limits = pruneLimits(flags);
  const work = async ({ repository, signal }: Session) => {
    const ahead = flags.prune ? lookAhead(call, repository, limits, policy, signal) : undefined;
    try {
      // Forgetting needs the repository for itself; a prune behind it takes its own locks, for less of the time.
      return await underLock(call, repository, "exclusive", async (session) => {
        const going = await forget(call, session, policy);
        if (!flags.prune || going.length === 0) return 0;
        const lock = { ...ourselves(), retryForMs: parseDuration(flags.retryLock ?? "0", "--retry-lock") };
        const options = {
          ...limits,
          isDryRun: flags.dryRun,
          withoutSnapshots: new Set(going.map(({ id }) => id)),
          ahead,
          ...(flags.noLock ? {} : { lock, inPlaceOf: session.lock }),
        };
        const { filesRefused } = await runPrune(call, repository, options, signal);
        return filesRefused > 0 ? 3 : 0;
      });
    } finally {
      await ahead?.end();
    }
  };
  return withRepository(call, "none", work, { cache: "files" });
}

/** What the prune will have to know, found out while the lock is waited for; where snapshots go by rule. */
function lookAhead(
  call: ForgetCall,
  repository: Repository,
  limits: PruneOptions,
  policy: RetentionPolicy,
  signal: AbortSignal,
) {
  if (call.operands.length > 0) return undefined;
  const filter = snapshotFilter(call.flags);
  const chooseGoing = (snapshots: readonly StoredSnapshot[]) => {
    const chosen = snapshots.filter((snapshot) => matchesFilter(snapshot, filter));
    return new Set(decide(call, policy, chosen).flatMap(({ remove }) => remove.map(({ id }) => id)));
  };
  return lookAheadOfPrune(repository, limits, chooseGoing, signal);
}

/**
 * @returns the snapshots that went, or would go
 * @throws CLI_FORGET_INCOMPLETE when the storage refused some, after everything else was done and told
 */
async function forget(call: ForgetCall, session: Session, policy: RetentionPolicy): Promise<readonly StoredSnapshot[]> {
  const { operands, flags, terminal } = call;
  const { repository, signal } = session;
  const snapshots = await chosenSnapshots(repository, operands, snapshotFilter(flags), signal);
  const isByRule = operands.length === 0;
  const groups = isByRule ? decide(call, policy, snapshots) : [];
  const going = isByRule ? groups.flatMap(({ remove }) => remove) : snapshots;
  if (isByRule && !flags.json && !flags.quiet) terminal.write(outcomeText(policy, groups, flags.compact));
  const refused = await removeSnapshots(call, session, going);
  if (flags.json && groups.length > 0) terminal.write(outcomeJson(groups));
  if (refused === 0) return going;
  throw new HoldfastError(cliErrors.forgetIncomplete, `${count(refused, "snapshot")} could not be removed.`);
}

/** Without any rule everything would go: that has to be meant, and for a part of the repository only. */
function refuseCareless({ flags }: ForgetCall, policy: RetentionPolicy): void {
  groupingOf(flags.groupBy);
  if (!isEmptyPolicy(policy)) return;
  if (!flags.unsafeAllowRemoveAll)
    throw new HoldfastError(
      cliErrors.usage,
      "No rule says what to keep, and no snapshot is named; nothing is removed.",
    );
  const { hosts, tags, paths } = snapshotFilter(flags);
  if ([hosts, tags, paths].every((wanted) => wanted?.length === 0))
    throw new HoldfastError(cliErrors.usage, "--unsafe-allow-remove-all needs a --host, --tag or --path beside it.");
}

/** @throws CLI_FORGETS_ALL before anything is removed, when rules would leave nothing of a group */
function decide(call: ForgetCall, policy: RetentionPolicy, snapshots: readonly StoredSnapshot[]): GroupOutcome[] {
  const context = { nowNs: BigInt(Math.trunc(call.clock.nowMs())) * 1_000_000n, localOffset: localOffsetS };
  return groupSnapshots(snapshots, groupingOf(call.flags.groupBy)).map(({ key, snapshots: members }) => {
    const outcome = evaluateRetention(members, policy, context);
    if (outcome.keep.length > 0 || isEmptyPolicy(policy)) return { key, ...outcome };
    const which = groupHeading(key).replace(/^snapshots for |:\n$/g, "") || "all snapshots";
    throw new HoldfastError(cliErrors.forgetsAll, `The rules would remove every snapshot of ${which}.`);
  });
}

/** @returns how many the storage did not give up */
async function removeSnapshots(
  { flags, terminal }: ForgetCall,
  { repository, signal }: Session,
  going: readonly StoredSnapshot[],
): Promise<number> {
  const ids = going.map(({ id }) => id);
  const tell = (text: string) => {
    if (!flags.json && !flags.quiet) terminal.write(text);
  };
  if (ids.length === 0) return 0;
  if (flags.dryRun) {
    tell(`Would have removed the following snapshots:\n{${ids.map(shortId).sort().join(" ")}}\n\n`);
    return 0;
  }
  const onRemoved = (id: SnapshotId) => {
    if (flags.verbose > 1) tell(`removed snapshot/${id}\n`);
  };
  const { removed, refused } = await forgetSnapshots(repository, ids, onRemoved, signal);
  tell(`removed ${count(removed.length, "snapshot")}\n`);
  for (const { id, error } of refused)
    terminal.writeError(`holdfast: ${error.code}: snapshot ${shortId(id)}: ${printable(error.message)}\n`);
  return refused.length;
}
