/**
 * Where Holdfast's commands are not restic's, and why. Whatever stands neither here nor in the table of commands is a gap,
 * and a test fails.
 */
export interface Difference {
  /** The command or flag that does it here; absent where nothing does. */
  readonly insteadUse?: string;
  /** For the one who looks for it, without a full stop. */
  readonly because: string;
}

/** By restic's verb. */
export const verbDifferences: Readonly<Record<string, Difference>> = {
  features: {
    because: "there are no feature flags; what is not ready is not in the program",
  },
  options: {
    insteadUse: "--help",
    because: "the two extended options stand in the help of `--option`",
  },
};

const noKernelMount = "a WebDAV server has no owners and modes (see [0012](adr/0012-mount-by-webdav.md))";

/** By restic's verb and flag: "mount --allow-other". */
export const flagDifferences: Readonly<Record<string, Difference>> = {
  "mount --allow-other": { because: noKernelMount },
  "mount --no-default-permissions": { because: noKernelMount },
  "mount --owner-root": { because: noKernelMount },
};

/** By the flag that every command of restic has: "--http-user-agent". */
export const globalFlagDifferences: Readonly<Record<string, Difference>> = {};
