/** What Go calls the bits of a file mode from the 31st down to the 19th. */
const flagLetters = "dalTLDpSugct?";
const permissionLetters = "rwxrwxrwx";

/**
 * A file mode as restic prints it, which is as Go does: "-rw-r--r--", "dtrwxrwxrwx", "Lrwxrwxrwx".
 * @param mode Go's, as a tree records it
 * @see Go io/fs FileMode.String
 */
export function modeText(mode: number): string {
  const flags = [...flagLetters].filter((_, at) => (mode >>> (31 - at)) & 1).join("");
  const permissions = [...permissionLetters].map((letter, at) => ((mode >>> (8 - at)) & 1 ? letter : "-")).join("");
  return `${flags === "" ? "-" : flags}${permissions}`;
}
