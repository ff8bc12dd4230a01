import { command } from "../command.ts";
import { single, toggle, under } from "../flag.ts";
import { outputFlags, readerFlags, repositoryFlags } from "./repository-flags.ts";

const common = { ...repositoryFlags, ...outputFlags };

export const keyListFlags = { ...repositoryFlags, ...readerFlags, ...outputFlags };

export const newKeyFlags = {
  ...under("The new key", {
    newPasswordFile: single("--new-password-file <file>", "read the new password from a file (default: asks for it)"),
    newInsecureNoPassword: toggle("--new-insecure-no-password", "let the new password be empty; insecure"),
    user: single("--user <name>", "whose it is, for people to read (default: you)"),
    host: single("--host <name>", "which machine it was made on, for people to read (default: this one)"),
  }),
  ...common,
};

export const keyRemoveFlags = common;

export const unlockFlags = {
  removeAll: toggle("--remove-all", "also locks whose holder may be alive: only when nobody works in the repository"),
  ...common,
};

export const keyCommands = [
  command({
    name: "key list",
    group: "Repository",
    summary: "list the passwords of a repository",
    about: "Lists the keys, oldest first; each stands for a password. A star marks the one in use.",
    flags: keyListFlags,
    examples: [{ line: "holdfast key list", does: "who has a password, and since when" }],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/key-list.ts"),
  }),
  command({
    name: "key add",
    group: "Repository",
    summary: "add a password",
    about: "Adds a password to the repository. It opens the same data; those that are there stay.",
    flags: newKeyFlags,
    examples: [
      { line: "holdfast key add", does: "asks for the new password twice" },
      {
        line: "holdfast key add --new-password-file recovery.password --user recovery",
        does: "a second one, to lock away",
      },
    ],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/key-add.ts"),
  }),
  command({
    name: "key remove",
    group: "Repository",
    summary: "remove a password",
    about:
      "Removes a key by the first digits of its id, so that its password opens the repository no more. The one in use is refused. Who could read the repository before may have kept the master key: copy to a new repository to shut somebody out for sure.",
    operands: "<id>",
    flags: keyRemoveFlags,
    examples: [{ line: "holdfast key remove eb78040b", does: "as listed by `holdfast key list`" }],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/key-remove.ts"),
  }),
  command({
    name: "key passwd",
    group: "Repository",
    summary: "change the password",
    about:
      "Replaces the password that opened the repository. The new one is stored and tried before the old one goes; interrupted in between, both work.",
    flags: newKeyFlags,
    examples: [{ line: "holdfast key passwd --new-password-file next.password", does: "from a file" }],
    exitCodes: [10, 11, 12],
    load: () => import("../commands/key-passwd.ts"),
  }),
  command({
    name: "unlock",
    group: "Repository",
    summary: "remove locks that nobody holds any more",
    about:
      "Removes the locks of processes that are gone. Every command does that by itself when such a lock is in its way; this is for locks that cannot be told to be dead.",
    flags: unlockFlags,
    examples: [
      { line: "holdfast unlock", does: "what is surely dead" },
      { line: "holdfast unlock --remove-all", does: "everything, when nobody works in the repository" },
    ],
    exitCodes: [10, 12],
    load: () => import("../commands/unlock.ts"),
  }),
];
