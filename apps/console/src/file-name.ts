/** Names that Windows takes for a device, with any ending. */
const deviceNames = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A name that no file system takes for a path, a device or a hidden file; the browser cleans it once more. */
export function fileName(name: string): string {
  const safe = name
    .replace(/[/\\:*?"<>|]/g, "_")
    .replace(/^\.+/, "_")
    .replace(/[. ]+$/, "")
    .slice(0, 200);
  if (safe.trim() === "") return "file";
  return deviceNames.test(safe) ? `_${safe}` : safe;
}
