import { hash } from "node:crypto";
import { lstatSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { readAttributes } from "@holdfast/engine";

/** What of a listing is left out, because the program that restored does not restore it. */
export interface ListingOptions {
  readonly withoutLinkTimes?: boolean;
}

/**
 * Everything that a backup has to bring back, one line for each entry: name as bytes, type, mode, owner, time to the
 * nanosecond, device number, attributes and access lists, content, link target, and which names are one file. Sockets are
 * left out, as no program backs them up. Equal listings are equal trees.
 */
export function exactListing(folder: string, options: ListingOptions = {}): string[] {
  const lines: string[] = [];
  const firstNames = new Map<bigint, string>();
  const visit = (path: Buffer, name: string) => {
    const stats = lstatSync(path, { bigint: true });
    if (stats.isSocket()) return;
    const facts = [name, stats.mode.toString(8), stats.uid, stats.gid];
    if (!(stats.isSymbolicLink() && options.withoutLinkTimes === true)) facts.push(stats.mtimeNs);
    if (stats.isCharacterDevice() || stats.isBlockDevice()) facts.push(`device ${stats.rdev}`);
    if (stats.isSymbolicLink()) facts.push(`to ${readlinkSync(path, "buffer").toString("hex")}`);
    if (stats.isFile()) facts.push(stats.size, hash("sha256", readFileSync(path)));
    if (!stats.isDirectory() && stats.nlink > 1n) {
      const first = firstNames.get(stats.ino) ?? name;
      firstNames.set(stats.ino, first);
      facts.push(`same as ${first}`);
    }
    const attributes = readAttributes(path).map(({ name: key, value }) => `${key.toString()}=${value.toString("hex")}`);
    lines.push([...facts, ...attributes.toSorted()].join(" "));
    if (!stats.isDirectory()) return;
    for (const entry of readdirSync(path, { encoding: "buffer" }).sort(Buffer.compare)) {
      visit(Buffer.concat([path, Buffer.from("/"), entry]), `${name}/${printable(entry)}`);
    }
  };
  visit(Buffer.from(folder), "");
  return lines;
}

/** Bytes as text that shows each of them, so that a difference can be read. */
function printable(bytes: Buffer): string {
  return JSON.stringify(bytes.toString("latin1")).slice(1, -1);
}
