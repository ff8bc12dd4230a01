import { HoldfastError } from "@holdfast/base";
import { listSnapshots, localTimestamp, PatternList, rewriteSnapshots, type RewriteOptions } from "@holdfast/engine";
import { chosenSnapshots } from "../chosen-snapshots.ts";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import { patternsFrom } from "../exclude-options.ts";
import type { ExitCode } from "../exit-codes.ts";
import { parseMoment } from "../moment.ts";
import { printable } from "../output/printable.ts";
import { ReplacedSnapshots, snapshotHeading } from "../replaced-snapshots.ts";
import { withRepository } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import type { rewriteFlags } from "../table/repair-commands.ts";

type RewriteCall = Call<typeof rewriteFlags>;

/** Makes changed snapshots out of existing ones. */
export async function run(call: RewriteCall): Promise<ExitCode> {
  const { flags, terminal, operands } = call;
  const { forget, dryRun } = flags;
  const options = await rewriteOptions(call);
  const replaced = new ReplacedSnapshots(call, dryRun);
  await withRepository(
    call,
    forget ? "exclusive" : "shared",
    async ({ repository, signal }) => {
      const snapshots = await chosenSnapshots(repository, operands, snapshotFilter(flags), signal);
      const all = await listSnapshots(repository, () => {}, signal);
      await repository.loadIndex(signal);
      for await (const { snapshot, replacement } of rewriteSnapshots(repository, snapshots, all, options, signal)) {
        if (!flags.json && !flags.quiet) terminal.write(`\n${snapshotHeading(snapshot)}\n`);
        replaced.tell(snapshot, replacement);
      }
    },
    { isDryRun: dryRun },
  );
  replaced.finish();
  return 0;
}

/** @throws CLI_USAGE, CLI_UNREADABLE_FILE, ENGINE_BAD_PATTERN */
async function rewriteOptions({ flags, environment, terminal }: RewriteCall): Promise<RewriteOptions> {
  const patternsIn = (files: readonly string[]) => patternsFrom(files, environment);
  const lists = async (
    plain: readonly string[],
    plainFiles: readonly string[],
    anyCase: readonly string[],
    anyCaseFiles: readonly string[],
  ) =>
    [
      new PatternList([...plain, ...(await patternsIn(plainFiles))]),
      new PatternList([...anyCase, ...(await patternsIn(anyCaseFiles))], { ignoreCase: true }),
    ].filter((list) => !list.isEmpty);
  const excludes = await lists(flags.exclude, flags.excludeFile, flags.iexclude, flags.iexcludeFile);
  const includes = await lists(flags.include, flags.includeFile, flags.iinclude, flags.iincludeFile);
  const { newHost, newTime, snapshotSummary, forget } = flags;
  if (excludes.length > 0 && includes.length > 0) {
    throw new HoldfastError(cliErrors.usage, "Give patterns to leave out or patterns to keep, not both.");
  }
  const isNothing = excludes.length === 0 && includes.length === 0 && newHost === undefined && newTime === undefined;
  if (isNothing && !snapshotSummary) {
    throw new HoldfastError(cliErrors.usage, "Nothing to do: no patterns were given, and no new host or time.");
  }
  const word = excludes.length > 0 ? "excluding" : "including";
  return {
    excludes,
    includes,
    forget,
    withSummary: snapshotSummary,
    ...(newHost !== undefined && { newHostname: newHost }),
    ...(newTime !== undefined && { newTime: localTimestamp(parseMoment(newTime, "--new-time")) }),
    ...(flags.verbose > 1 &&
      !flags.json && { onEntry: (path: string) => terminal.write(`${word} "${printable(path)}"\n`) }),
  };
}
