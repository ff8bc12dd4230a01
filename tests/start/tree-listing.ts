import { hash } from "node:crypto";
import { lstatSync, readFileSync, readdirSync, readlinkSync } from "node:fs";

/**
 * Every entry below a folder, one line each, with all that a restore has to bring back: type, mode, owner, size, times
 * to the nanosecond, content, link target, and which names are the same file. Names are hex, since they may be any bytes.
 * Equal listings are equal folders.
 */
export function treeListing(folder: string): string[] {
  const lines: string[] = [];
  const firstNames = new Map<bigint, string>();
  const visit = (path: Buffer, name: string) => {
    const stats = lstatSync(path, { bigint: true });
    const type = stats.isDirectory() ? "dir" : stats.isSymbolicLink() ? "link" : stats.isFile() ? "file" : "other";
    const mode = type === "link" ? "" : (stats.mode & 0o7777n).toString(8);
    // A link's own time cannot be set on every system, and restic 0.14 leaves it.
    const times = type === "link" ? "" : `${stats.mtimeNs}`;
    const facts = [name, type, mode, stats.uid, stats.gid, times];
    if (type === "file")
      facts.push(stats.size, hash("sha256", readFileSync(path)), sameFileAs(stats.ino, stats.nlink, name));
    if (type === "link") facts.push(readlinkSync(path, "buffer").toString("hex"));
    lines.push(facts.join(" "));
    if (type !== "dir") return;
    for (const entry of readdirSync(path, { encoding: "buffer" }).sort(Buffer.compare)) {
      visit(Buffer.concat([path, Buffer.from("/"), entry]), `${name}/${entry.toString("hex")}`);
    }
  };
  const sameFileAs = (inode: bigint, links: bigint, name: string) => {
    if (links < 2n) return "";
    const first = firstNames.get(inode) ?? name;
    firstNames.set(inode, first);
    return `same as ${first}`;
  };
  visit(Buffer.from(folder), "");
  return lines;
}
