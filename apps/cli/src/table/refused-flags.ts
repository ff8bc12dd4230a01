/** Flags of restic that a command of ours may not have, and why; whoever types one is told. */
export const refusedFlags: Readonly<Record<string, string>> = {
  "--no-lock":
    "it writes, and whoever writes holds a lock (restic accepts the flag there and takes the lock all the same)",
  "--use-fs-snapshot": "volume shadow copies are a thing of Windows, and so is this flag in restic",
};
