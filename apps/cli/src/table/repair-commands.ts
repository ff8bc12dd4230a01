import { command } from "../command.ts";
import { repeated, single, toggle, under } from "../flag.ts";
import { excludeFlags, outputFlags, repositoryFlags, snapshotFilterFlags } from "./repository-flags.ts";

const common = { ...repositoryFlags, ...outputFlags };

const replacing = under("What becomes of the snapshots", {
  forget: toggle("--forget", "remove each old snapshot once the new one is stored"),
  dryRun: toggle("-n, --dry-run", "change nothing, only tell what would be done"),
});

export const rewriteFlags = {
  ...excludeFlags,
  ...under("What to keep", {
    include: repeated("-i, --include <pattern>", "keep only what matches; repeatable"),
    iinclude: repeated("--iinclude <pattern>", "the same without regard to case"),
    includeFile: repeated("--include-file <file>", "such patterns from a file, one a line"),
    iincludeFile: repeated("--iinclude-file <file>", "the same without regard to case"),
  }),
  ...under("What becomes of the snapshots", {
    newHost: single("--new-host <name>", "record this host"),
    newTime: single("--new-time <time>", 'record this time, such as "2026-11-22 08:30:00"'),
    snapshotSummary: toggle(
      "-s, --snapshot-summary",
      "record how many files there are and how large, where it is missing",
    ),
  }),
  ...replacing,
  ...snapshotFilterFlags,
  ...common,
};

export const repairIndexFlags = {
  readAllPacks: toggle("--read-all-packs", "read what every pack says of itself, and hold the whole index against it"),
  ...common,
};

export const repairPacksFlags = common;

export const repairSnapshotsFlags = { ...replacing, ...snapshotFilterFlags, ...common };

export const recoverFlags = common;

export const repairCommands = [
  command({
    name: "rewrite",
    group: "Repository",
    summary: "make changed snapshots out of existing ones",
    about:
      "Makes new snapshots out of existing ones: without some of their files, or with another host or time. Without --forget the old ones stay, and the new ones are tagged rewrite. Names no snapshot, by id or by the flags below: then all of them. What they lose is removed by prune.",
    operands: "[id...]",
    flags: rewriteFlags,
    examples: [
      { line: "holdfast rewrite --exclude '*.iso' --dry-run", does: "what every snapshot would lose" },
      { line: "holdfast rewrite --exclude /home/ann/secret --forget", does: "takes a folder out of every snapshot" },
      { line: "holdfast rewrite --new-host beta 4bba301e", does: "as if it had come from beta" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/rewrite.ts"),
  }),
  command({
    name: "repair index",
    group: "Repository",
    summary: "make the index say what the packs say",
    about:
      "Adds packs to the index that it misses, forgets those that are gone, and corrects what it says wrongly. New index files are stored and read back before old ones are removed; no pack is touched. A pack that cannot be read keeps its entry: see repair packs.",
    flags: repairIndexFlags,
    examples: [{ line: "holdfast repair index", does: "seconds, when little is wrong" }],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/repair-index.ts"),
  }),
  command({
    name: "repair packs",
    group: "Repository",
    summary: "take what is readable out of damaged packs",
    about:
      "Takes everything that can still be read out of damaged packs, stores it anew, and removes the packs. A copy of each, as it is, is put into the current folder first. What is lost then is named; repair snapshots takes it out of the snapshots.",
    operands: "<pack id...>",
    flags: repairPacksFlags,
    examples: [{ line: "holdfast check --read-data", does: "names the packs that are damaged" }],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/repair-packs.ts"),
  }),
  command({
    name: "repair snapshots",
    group: "Repository",
    summary: "make restorable snapshots out of damaged ones",
    about:
      "Makes new snapshots out of damaged ones: files without the pieces that are missing, and folders that cannot be read empty. Without --forget the damaged ones stay, and the new ones are tagged repaired. Run repair index first; and when the files are still there, a backup is better: it stores anew what is missing.",
    operands: "[id...]",
    flags: repairSnapshotsFlags,
    examples: [
      { line: "holdfast repair snapshots --dry-run", does: "what is missing in which files" },
      { line: "holdfast repair snapshots --forget", does: "replaces the damaged snapshots" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/repair-snapshots.ts"),
  }),
  command({
    name: "recover",
    group: "Repository",
    summary: "make a snapshot of folders that no snapshot leads to",
    about:
      "Finds the folders that no snapshot and no other folder leads to, and makes a snapshot of them: what was forgotten by mistake and not pruned yet, or what an interrupted backup had got to. Each stands in it under the beginning of its id.",
    flags: recoverFlags,
    examples: [{ line: "holdfast recover", does: "then `holdfast ls latest` shows what was found" }],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/recover.ts"),
  }),
];
