import type { BackupSource, SourceDirectory, SourceEntry } from "@holdfast/engine";

/** A source as one thread sees it, through which every directory is opened. */
export function withoutTwin(source: BackupSource): BackupSource {
  const { twin: _, ...alone } = source;
  return alone;
}

/**
 * The same source, and the names of the directories below it whose entries were asked for; "" is the top.
 * @param fault `failsToOpen`: files of this name cannot be opened
 */
export function countingSource(
  source: BackupSource,
  fault: { readonly failsToOpen?: string } = {},
): { readonly source: BackupSource; readonly listed: string[] } {
  const listed: string[] = [];
  const counting = (directory: SourceDirectory, name: string): SourceDirectory => ({
    *entries() {
      listed.push(name);
      for (const entry of directory.entries()) yield wrapped(entry);
    },
    look() {
      const look = directory.look?.();
      return (
        look && {
          ...look,
          directories: look.directories.map((inner) => ({
            name: inner.name,
            open: () => counting(inner.open(), inner.name.toString()),
          })),
        }
      );
    },
    close: () => directory.close(),
  });
  const wrapped = (entry: SourceEntry): SourceEntry => {
    if (entry.kind === "directory") {
      const { kind, node } = entry;
      return { kind, node, open: () => counting(entry.open(), node.name.toString()) };
    }
    if (entry.kind !== "file" || entry.node.name.toString() !== fault.failsToOpen) return entry;
    const refuse = () => {
      throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    };
    return { kind: "file", node: entry.node, open: refuse };
  };
  return { source: { ...source, open: async () => counting(await source.open(), "") }, listed };
}
