import { command } from "../command.ts";
import { choice, repeated, single, toggle, under } from "../flag.ts";
import { outputFlags, readerFlags, repositoryFlags, snapshotFilterFlags } from "./repository-flags.ts";

const reader = { ...repositoryFlags, ...readerFlags, ...outputFlags };

export const findFlags = {
  ...under("What is looked for", {
    ignoreCase: toggle("-i, --ignore-case", "patterns match without regard to case"),
    oldest: single("-O, --oldest <time>", "only entries modified at this time or later"),
    newest: single("-N, --newest <time>", "only entries modified at this time or earlier"),
    blob: toggle("--blob", "the arguments are ids of blobs: which files have them"),
    tree: toggle("--tree", "the arguments are ids of trees: which folders they are"),
    pack: toggle("--pack", "the arguments are ids of packs: what uses the blobs and trees in them"),
    showPackId: toggle("--show-pack-id", "also tell which pack holds each object (with --blob or --tree)"),
  }),
  ...under("How it is listed", {
    long: toggle("-l, --long", "with mode, owner, size and time"),
    humanReadable: toggle("--human-readable", "sizes with a unit"),
    reverse: toggle("-R, --reverse", "oldest snapshot first"),
  }),
  snapshot: repeated("-s, --snapshot <id>", "look in this snapshot only; repeatable"),
  ...snapshotFilterFlags,
  ...reader,
};

export const diffFlags = {
  metadata: toggle("--metadata", "also list entries of which only metadata changed"),
  ...reader,
};

export const statsFlags = {
  mode: choice(
    "--mode <mode>",
    ["restore-size", "files-by-contents", "blobs-per-file", "raw-data"],
    "what is counted (default: restore-size)",
  ),
  ...snapshotFilterFlags,
  ...reader,
};

export const dumpFlags = {
  archive: choice("-a, --archive <format>", ["tar", "zip"], "how a folder is packed (default: tar)"),
  target: single("-t, --target <file>", "write to this file instead of standard output"),
  ...snapshotFilterFlags,
  ...reader,
};

export const mountFlags = {
  ...under("Where snapshots are", {
    pathTemplate: repeated(
      "--path-template <template>",
      "folders with %i short id, %I id, %u user, %h host, %t tags, %T time (default: ids/%i, snapshots/%T, hosts/%h/%T, tags/%t/%T)",
    ),
    timeTemplate: single(
      "--time-template <template>",
      'how %T is written, as Go would write its reference time (default: "2006-01-02T15:04:05Z07:00")',
    ),
  }),
  ...snapshotFilterFlags,
  ...reader,
};

export const readingCommands = [
  command({
    name: "find",
    group: "Repository",
    summary: "find a file, a folder or a blob in the snapshots",
    about:
      "Looks through all snapshots, the newest first, for entries whose path matches a pattern, as exclude patterns do: a folder that matches takes along what is in it. With --blob, --tree or --pack it tells what uses an object of the repository.",
    operands: "<pattern...>",
    flags: findFlags,
    examples: [
      { line: "holdfast find '*.odt'", does: "in every snapshot" },
      { line: "holdfast find -l -s latest --newest 2026-01-01 /home/ann", does: "what is old in one folder" },
      { line: "holdfast find --pack 025c1d06", does: "what a damaged pack costs" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/find.ts"),
  }),
  command({
    name: "diff",
    group: "Repository",
    summary: "show what changed between two snapshots",
    about:
      "Shows what changed from the first snapshot to the second: + added, - removed, M other content, T another type, U other metadata (with --metadata), ? other content although all metadata is the same, which is how a rotting disk looks. `id:folder` compares a folder only.",
    operands: "<id>[:folder] <id>[:folder]",
    flags: diffFlags,
    examples: [
      { line: "holdfast diff 4bba301e latest", does: "" },
      { line: "holdfast diff 4bba301e:/etc latest:/etc", does: "one folder" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/diff.ts"),
  }),
  command({
    name: "stats",
    group: "Repository",
    summary: "count what snapshots hold",
    about:
      "Counts what the given snapshots hold, or all of them: restore-size, the bytes that restoring each of them takes; files-by-contents, files that differ in content; blobs-per-file, blobs once for each path that has them; raw-data, what is stored, once, and how far it was compressed.",
    operands: "[id...]",
    flags: statsFlags,
    examples: [
      { line: "holdfast stats latest", does: "what a restore of the newest snapshot takes" },
      { line: "holdfast stats --mode raw-data", does: "what all of them take in the repository" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/stats.ts"),
  }),
  command({
    name: "dump",
    group: "Repository",
    summary: "print a file, or a folder as an archive",
    about:
      "Prints a file of a snapshot, or a folder as a tar or zip; / is the whole snapshot. Nothing is written to disk on the way, and memory stays small whatever the size. Files, folders and symlinks are put in; a tar keeps times, owners, attributes and access lists.",
    operands: "<id>[:folder] <path>",
    flags: dumpFlags,
    examples: [
      { line: "holdfast dump latest /var/db.sql | psql", does: "one file, to where it is wanted" },
      { line: "holdfast dump latest /home/ann | tar x --xattrs --acls", does: "a folder, in the current one" },
      { line: "holdfast dump latest:/home/ann / -a zip -t ann.zip", does: "with that folder as its top" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/dump.ts"),
  }),
  command({
    name: "mount",
    group: "Repository",
    summary: "look at the snapshots as folders",
    about:
      "Shows all snapshots as folders, read-only, until Ctrl-C. It is a WebDAV server on this machine's loopback address, not a mount by the kernel: any WebDAV client reads it, and the command that puts it into the file system of this machine is printed. The repository is locked meanwhile. New snapshots appear within a minute.",
    operands: "[mountpoint]",
    flags: mountFlags,
    examples: [
      { line: "holdfast mount", does: "prints an address to look at" },
      { line: "holdfast mount /mnt/backup --host alpha", does: "and the command that mounts it there" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/mount.ts"),
  }),
];
