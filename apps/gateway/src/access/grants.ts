/** What a token may do in one repository. */
export interface Grant {
  readonly repository: string;
  /** Stores, and removes locks; nothing else is ever removed. */
  readonly appendOnly: boolean;
  /** Whether stored bytes may be fetched and listed. Without it a client can still ask for a file's size. */
  readonly mayRead: boolean;
  /** The repository may not grow beyond this. */
  readonly quotaBytes: number | undefined;
}

export interface AccessRequest {
  readonly repository: string;
  /** As it came; undefined when none did. */
  readonly token: string | undefined;
}

/** Who knows which token opens which repository. */
export interface Grants {
  /**
   * Undefined where the token does not open the repository, for whatever reason.
   * @throws GATEWAY_GRANTS_AWAY when that cannot be known now
   */
  authorise(request: AccessRequest): Promise<Grant | undefined>;
  close(): void;
}

/** Lets everybody do everything, for `--no-auth` on loopback. */
export const openGrants: Grants = {
  authorise: async ({ repository }) => ({ repository, appendOnly: false, mayRead: true, quotaBytes: undefined }),
  close: () => {},
};
