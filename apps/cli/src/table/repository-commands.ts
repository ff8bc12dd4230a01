import { command } from "../command.ts";
import { choice, repeated, single, toggle, under } from "../flag.ts";
import {
  excludeFlags,
  fromFlags,
  outputFlags,
  readerFlags,
  repositoryFlags,
  snapshotFilterFlags,
} from "./repository-flags.ts";

const common = { ...repositoryFlags, ...outputFlags };
const reader = { ...repositoryFlags, ...readerFlags, ...outputFlags };

export const initFlags = {
  copyChunkerParams: toggle(
    "--copy-chunker-params",
    "cut files as the repository of --from-repo does, so that copies and backups share data",
  ),
  ...fromFlags,
  repositoryVersion: single("--repository-version <version>", "1, 2, latest or stable (default: stable, which is 2)"),
  ...common,
};

export const backupFlags = {
  ...under("What to back up", {
    filesFrom: repeated(
      "--files-from <file>",
      "paths from a file, one a line; each may be a pattern; - is standard input",
    ),
    filesFromVerbatim: repeated("--files-from-verbatim <file>", "paths from a file, one a line, taken as they are"),
    filesFromRaw: repeated("--files-from-raw <file>", "paths from a file, each ended by a NUL byte"),
    stdin: toggle("--stdin", "what comes on standard input, as one file"),
    stdinFromCommand: toggle(
      "--stdin-from-command",
      "what the command prints that stands behind --, as one file; no snapshot when the command fails",
    ),
    stdinFilename: single("--stdin-filename <name>", 'what that file is called in the snapshot (default: "stdin")'),
    dryRun: toggle("-n, --dry-run", "store nothing, only tell what would be stored"),
  }),
  ...under("What to leave out", {
    ...excludeFlags,
    excludeCaches: toggle("--exclude-caches", "leave out the content of folders marked with a CACHEDIR.TAG"),
    excludeIfPresent: repeated(
      "--exclude-if-present <name[:header]>",
      "leave out the content of folders that hold such a file; repeatable",
    ),
    excludeLargerThan: single("--exclude-larger-than <size>", "leave out files above a size, such as 500k, 20M or 4G"),
    oneFileSystem: toggle("-x, --one-file-system", "do not cross into other file systems"),
    excludeCloudFiles: toggle(
      "--exclude-cloud-files",
      "leave out files whose content is only in OneDrive; there are none on this system",
    ),
  }),
  ...under("What is read", {
    ignoreCtime: toggle("--ignore-ctime", "a change time does not make a file changed"),
    ignoreInode: toggle("--ignore-inode", "nor do inode and change time; where file systems make them up"),
    readConcurrency: single(
      "--read-concurrency <n>",
      "threads that read at least (HOLDFAST_READ_CONCURRENCY; default: one for each processor)",
    ),
    noScan: toggle("--no-scan", "do not find out beforehand how much there is"),
  }),
  ...under("The snapshot", {
    host: single("-H, --host <name>", "the host it is recorded under (default: this machine's name)"),
    tag: repeated("--tag <tag[,tag...]>", "tags for the snapshot; repeatable"),
    time: single("--time <time>", 'the time it is recorded under, such as "2026-11-22 08:30:00" (default: now)'),
    parent: single("--parent <id>", "compare with this snapshot (default: the newest of this host and these paths)"),
    groupBy: single(
      "-g, --group-by <criteria>",
      "what that newest has in common with it: host, paths, tags (default: host,paths)",
    ),
    force: toggle("-f, --force", "read every byte again, comparing with no earlier snapshot; tags it full"),
    skipIfUnchanged: toggle("--skip-if-unchanged", "make no snapshot when it would hold what its parent holds"),
    withAtime: toggle("--with-atime", "record when each file was last read"),
  }),
  ...common,
};

export const snapshotsFlags = {
  ...snapshotFilterFlags,
  groupBy: single("-g, --group-by <criteria>", "in groups of the same host, paths, tags, such as host,paths"),
  latest: single("--latest <n>", "only the newest n of each host and paths"),
  compact: toggle("-c, --compact", "leave out the paths"),
  ...reader,
};

export const lsFlags = {
  long: toggle("-l, --long", "with mode, owner, size and time"),
  recursive: toggle("--recursive", "below the named folders too"),
  humanReadable: toggle("--human-readable", "sizes with a unit"),
  ncdu: toggle("--ncdu", "print what `ncdu -f -` reads"),
  sort: choice(
    "-s, --sort <mode>",
    ["name", "size", "time", "mtime", "atime", "ctime", "extension"],
    "the order of the list (default: name)",
  ),
  reverse: toggle("--reverse", "the other way round"),
  ...snapshotFilterFlags,
  ...reader,
};

export const restoreFlags = {
  ...under("What and where", {
    target: single("-t, --target <folder>", "where to restore to; made when it is not there"),
    include: repeated("-i, --include <pattern>", "only what matches; repeatable"),
    iinclude: repeated("--iinclude <pattern>", "the same without regard to case"),
    includeFile: repeated("--include-file <file>", "such patterns from a file, one a line"),
    iincludeFile: repeated("--iinclude-file <file>", "the same without regard to case"),
    ...excludeFlags,
  }),
  ...under("How", {
    overwrite: choice(
      "--overwrite <when>",
      ["always", "if-changed", "if-newer", "never"],
      "what happens to files that are there already (default: always)",
    ),
    delete: toggle("--delete", "delete what is in restored folders and not in the snapshot; --dry-run -vv shows what"),
    dryRun: toggle("--dry-run", "change nothing, only say what would be done; -vv names each file"),
    ownershipByName: toggle("--ownership-by-name", "give files to users and groups of the same name, not number"),
    includeXattr: repeated("--include-xattr <pattern>", "only extended attributes whose name matches; repeatable"),
    excludeXattr: repeated("--exclude-xattr <pattern>", "no extended attributes whose name matches; repeatable"),
    sparse: toggle("--sparse", "leave runs of zeros as holes"),
    verify: toggle("--verify", "read back what was written and compare it"),
  }),
  ...snapshotFilterFlags,
  ...reader,
};

export const checkFlags = {
  ...under("What to look at", {
    readData: toggle("--read-data", "read every byte of every pack, not only what describes them"),
    readDataSubset: single(
      "--read-data-subset <part>",
      "read a part of the packs: n/t for the n-th of t parts, 10% or 500M for so much, chosen by chance",
    ),
    withCache: toggle("--with-cache", "trust what this machine's cache has, and read only the rest"),
  }),
  ...snapshotFilterFlags,
  ...reader,
};

export const repositoryCommands = [
  command({
    name: "init",
    group: "Repository",
    summary: "make a new repository",
    about:
      "Makes a new, empty repository. Without its password nobody can read it, and nobody can reset it: keep a copy of the password apart from the repository.",
    flags: initFlags,
    examples: [
      { line: "holdfast init -r /srv/backup/alpha", does: "asks for a password twice" },
      { line: "holdfast init -r rest:https://backup.example:8443/alpha/ -p alpha.password", does: "over the network" },
    ],
    load: () => import("../commands/init.ts"),
  }),
  command({
    name: "backup",
    group: "Repository",
    summary: "save files and folders as a new snapshot",
    about:
      "Saves files and folders as a new snapshot, complete in itself. Files that did not change since the parent snapshot are not read again, and bytes that the repository holds already are not stored again.",
    operands: "[path...]",
    flags: backupFlags,
    examples: [
      { line: "holdfast backup /home /etc", does: "with the repository and password from the environment" },
      { line: "holdfast backup --exclude '*.iso' --tag weekly ~", does: "without disc images, with a tag" },
      { line: "find . -newer stamp -print0 | holdfast backup --files-from-raw -", does: "exactly these files" },
      {
        line: "holdfast backup --stdin-filename shop.sql --stdin-from-command -- pg_dump shop",
        does: "a database, and no snapshot when its dump fails",
      },
    ],
    exitCodes: [3, 10, 11, 12],
    load: () => import("../commands/backup.ts"),
  }),
  command({
    name: "snapshots",
    group: "Repository",
    summary: "list the snapshots",
    about: "Lists the snapshots, oldest first. Give ids, or the flags below, to see fewer.",
    operands: "[id...]",
    flags: snapshotsFlags,
    examples: [
      { line: "holdfast snapshots", does: "all of them" },
      { line: "holdfast snapshots --host alpha --latest 1", does: "where alpha stands" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/snapshots.ts"),
  }),
  command({
    name: "ls",
    group: "Repository",
    summary: "list the files of a snapshot",
    about:
      'Lists the files of a snapshot; "latest" is the newest. With folders after the id, only what lies directly in them, or also below with --recursive. Folders are absolute paths inside the snapshot.',
    operands: "<id>[:folder] [folder...]",
    flags: lsFlags,
    examples: [
      { line: "holdfast ls latest", does: "everything" },
      { line: "holdfast ls -l latest /etc", does: "one folder, with sizes and times" },
      { line: "holdfast ls -l --sort size --reverse latest", does: "the largest first" },
      { line: "holdfast ls --ncdu latest | ncdu -f -", does: "to walk through what takes the space" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/ls.ts"),
  }),
  command({
    name: "restore",
    group: "Repository",
    summary: "bring files back from a snapshot",
    about:
      "Brings the files of a snapshot back, with names, modes, times, owners and links. Nothing outside the target is touched. `id:folder` takes a folder of the snapshot as its root.",
    operands: "<id>[:folder]",
    flags: restoreFlags,
    examples: [
      { line: "holdfast restore latest --target /tmp/back", does: "the whole of the newest snapshot" },
      { line: "holdfast restore 4bba301e:/home/ann --target /home/ann", does: "one folder, to its old place" },
      { line: "holdfast restore latest -t . --include '*.odt'", does: "some files" },
      { line: "holdfast restore latest -t /srv --delete --dry-run -vv", does: "what would make /srv as it was" },
    ],
    exitCodes: [3, 10, 11, 12],
    load: () => import("../commands/restore.ts"),
  }),
  command({
    name: "check",
    group: "Repository",
    summary: "look for damage",
    about:
      "Looks for damage: whether everything that the snapshots need is there and says what it should. With --read-data every byte is read and compared with its hash. Each finding names the files it affects.",
    operands: "[id...]",
    flags: checkFlags,
    examples: [
      { line: "holdfast check", does: "structure; seconds to minutes" },
      { line: "holdfast check --read-data", does: "every byte; as long as reading all of it takes" },
      { line: "holdfast check --read-data-subset 3/7", does: "a seventh of the packs, as on every Wednesday" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/check.ts"),
  }),
];
