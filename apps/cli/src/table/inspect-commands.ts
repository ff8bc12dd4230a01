import { command } from "../command.ts";
import { outputFlags, readerFlags, repositoryFlags } from "./repository-flags.ts";

export const inspectFlags = { ...repositoryFlags, ...readerFlags, ...outputFlags };

export const inspectCommands = [
  command({
    name: "cat",
    group: "Repository",
    summary: "print one thing of the repository as it is inside",
    about:
      "Prints masterkey, config, or one pack, blob, snapshot, index, key, lock by its id, or the tree of snapshot:folder. Packs, blobs and trees come as raw bytes. Whoever sees the master key can read everything, whatever the passwords are.",
    operands: "<kind> [id]",
    flags: inspectFlags,
    examples: [
      { line: "holdfast cat config", does: "the repository's settings" },
      { line: "holdfast cat snapshot 4bba301e", does: "what a snapshot file says" },
      { line: "holdfast cat tree latest:/etc", does: "the listing of one folder" },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/cat.ts"),
  }),
  command({
    name: "list",
    group: "Repository",
    summary: "list the ids of one kind of thing",
    about: "Lists the ids of all blobs, packs, index, snapshots, keys or locks, one a line.",
    operands: "<blobs|packs|index|snapshots|keys|locks>",
    flags: inspectFlags,
    examples: [{ line: "holdfast list packs", does: "every pack that is stored" }],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/list.ts"),
  }),
];
