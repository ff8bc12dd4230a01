import { lstatSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Everything that can be told of a folder: names, types, inodes, modes, owners, times and content. Not how many names a
 * file has: a restore may take one away that lies in its target.
 */
export function folderState(path: string): string {
  const lines: string[] = [];
  const visit = (at: string) => {
    const stats = lstatSync(at, { bigint: true });
    const { ino, mode, uid, gid, size, mtimeNs } = stats;
    const content = stats.isFile() ? readFileSync(at, "base64") : stats.isSymbolicLink() ? readlinkSync(at) : "";
    lines.push([at, ino, mode, uid, gid, size, mtimeNs, content].join(" "));
    if (!stats.isDirectory()) return;
    for (const name of readdirSync(at).sort()) visit(join(at, name));
  };
  visit(path);
  return lines.join("\n");
}
