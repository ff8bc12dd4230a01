import { command } from "../command.ts";
import { single, toggle } from "../flag.ts";
import { pruneLimitFlags } from "./prune-flags.ts";
import { fromFlags, outputFlags, readerFlags, repositoryFlags, snapshotFilterFlags } from "./repository-flags.ts";

export const pruneFlags = {
  ...pruneLimitFlags,
  dryRun: toggle("-n, --dry-run", "change nothing, only tell what would be done"),
  unsafeRecoverNoFreeSpace: single(
    "--unsafe-recover-no-free-space <repository id>",
    "for a disk that is full: rewrite nothing, and free space before any is needed. Unlike restic's, no index is removed before its successor is stored",
  ),
  ...repositoryFlags,
  ...readerFlags,
  ...outputFlags,
};

export const copyFlags = { ...fromFlags, ...snapshotFilterFlags, ...repositoryFlags, ...outputFlags };

export const migrateFlags = {
  force: toggle("-f, --force", "apply it again"),
  ...repositoryFlags,
  ...outputFlags,
};

export const upkeepCommands = [
  command({
    name: "prune",
    group: "Repository",
    summary: "remove what no snapshot needs",
    about:
      "Removes data that no snapshot needs, as forgotten snapshots leave it. Backups may go on meanwhile: only for the removing itself, seconds to minutes, it needs the repository for itself, and waits for it up to ten minutes. Killed at any moment it leaves every snapshot whole, and the next run goes on.",
    flags: pruneFlags,
    examples: [
      { line: "holdfast prune --dry-run", does: "what would go" },
      { line: "holdfast prune --max-unused 0", does: "removes every byte that nobody needs; rewrites more" },
      { line: "holdfast prune --max-repack-size 10G", does: "a part today, the rest another day" },
    ],
    exitCodes: [3, 10, 11, 12],
    load: () => import("../commands/prune.ts"),
  }),
  command({
    name: "copy",
    group: "Repository",
    summary: "copy snapshots from another repository",
    about:
      "Copies snapshots with everything they need from another repository into this one. What was copied before is not copied again. Give ids, or the flags below, to copy fewer.",
    operands: "[id...]",
    flags: copyFlags,
    examples: [
      {
        line: "holdfast copy --from-repo /srv/backup/alpha --from-password-file alpha.password",
        does: "all that this repository does not have yet",
      },
      { line: "holdfast copy --from-repo /srv/backup/alpha --host web latest", does: "the newest of one host" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/copy.ts"),
  }),
  command({
    name: "migrate",
    group: "Repository",
    summary: "bring a repository to a newer format",
    about:
      "Lists the migrations that can be applied, or applies those named. upgrade_repo_v2 brings a repository of format version 1, which knows no compression, to version 2. The repository is checked first. What is stored stays as it is until `prune --repack-uncompressed`.",
    operands: "[name...]",
    flags: migrateFlags,
    examples: [
      { line: "holdfast migrate", does: "lists them" },
      { line: "holdfast migrate upgrade_repo_v2", does: "to format version 2" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/migrate.ts"),
  }),
];
