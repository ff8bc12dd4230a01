import { command } from "../command.ts";
import { repeated, single, toggle, under } from "../flag.ts";
import { ofHost, outputFlags, readerFlags, repositoryFlags, snapshotFilterFlags } from "./repository-flags.ts";
import { pruneLimitFlags } from "./prune-flags.ts";

/** restic's rules of what to keep; a count may be "unlimited". */
export const keepFlags = under("What to keep", {
  keepLast: single("-l, --keep-last <n>", 'the newest n ("unlimited" for all; so for the counts below)'),
  keepHourly: single("-H, --keep-hourly <n>", "the newest of each of the last n hours that have any"),
  keepDaily: single("-d, --keep-daily <n>", "the same by days"),
  keepWeekly: single("-w, --keep-weekly <n>", "the same by weeks, which begin on Monday"),
  keepMonthly: single("-m, --keep-monthly <n>", "the same by months"),
  keepYearly: single("-y, --keep-yearly <n>", "the same by years"),
  keepWithin: single(
    "--keep-within <duration>",
    "all that are at most so much older than the newest, such as 1y5m7d2h",
  ),
  keepWithinHourly: single("--keep-within-hourly <duration>", "of those that young, the newest of each hour"),
  keepWithinDaily: single("--keep-within-daily <duration>", "the same by days"),
  keepWithinWeekly: single("--keep-within-weekly <duration>", "the same by weeks"),
  keepWithinMonthly: single("--keep-within-monthly <duration>", "the same by months"),
  keepWithinYearly: single("--keep-within-yearly <duration>", "the same by years"),
  keepTag: repeated("--keep-tag <tag[,tag...]>", "all that have all of these tags; repeatable"),
});

export const forgetFlags = {
  ...keepFlags,
  ...under("Which snapshots", {
    ...snapshotFilterFlags,
    host: ofHost("--host <name>"), // -H is --keep-hourly here
    groupBy: single(
      "-g, --group-by <criteria>",
      "what makes a group: host, paths, tags (default: host,paths; '' for none)",
    ),
    unsafeAllowRemoveAll: toggle(
      "--unsafe-allow-remove-all",
      "without rules, remove all snapshots that --host, --tag or --path choose",
    ),
  }),
  dryRun: toggle("-n, --dry-run", "only say what would be removed"),
  prune: toggle("--prune", "then prune, when a snapshot was removed"),
  ...pruneLimitFlags,
  compact: toggle("-c, --compact", "leave out paths and reasons"),
  ...repositoryFlags,
  ...readerFlags,
  ...outputFlags,
};

export const tagFlags = {
  ...under("The tags", {
    add: repeated("--add <tag[,tag...]>", "add these; repeatable"),
    remove: repeated("--remove <tag[,tag...]>", "remove these; repeatable"),
    set: repeated("--set <tag[,tag...]>", "these instead of all there are; '' for none; repeatable"),
  }),
  ...snapshotFilterFlags,
  ...repositoryFlags,
  ...outputFlags,
};

export const forgetCommands = [
  command({
    name: "forget",
    group: "Repository",
    summary: "remove snapshots, by their ids or by rules of what to keep",
    about:
      "Removes snapshots: those named, or all that no --keep rule wants. The rules are applied to each host and set of paths by itself, and the newest snapshots come first; while a count is not used up, the oldest is kept too. Rules that would leave nothing of a group are refused. The data stays in the repository until a prune.",
    operands: "[id...]",
    flags: forgetFlags,
    examples: [
      {
        line: "holdfast forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 -n",
        does: "shows what would go, and why the rest stays",
      },
      { line: "holdfast forget --keep-within 30d --host alpha", does: "the last month of one host" },
      { line: "holdfast forget 4bba301e 590c8fc8", does: "these two" },
    ],
    exitCodes: [3, 10, 11, 12],
    load: () => import("../commands/forget.ts"),
  }),
  command({
    name: "tag",
    group: "Repository",
    summary: "change the tags of snapshots",
    about:
      "Changes the tags of the snapshots named, or of all that match. A changed snapshot gets a new id; it says which one it was made from.",
    operands: "[id...]",
    flags: tagFlags,
    examples: [
      { line: "holdfast tag --add keep,audit latest", does: "adds two tags to the newest" },
      { line: "holdfast tag --set '' --host alpha", does: "takes all tags from one host's snapshots" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/tag.ts"),
  }),
];
