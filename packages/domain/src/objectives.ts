/** What was promised for a device. Minutes, because nobody promises seconds for either. */
export interface Objectives {
  /** RPO: the newest good backup may be this old. */
  readonly rpoMinutes: number;
  /** RTO: a restore may take this long. */
  readonly rtoMinutes: number;
}
