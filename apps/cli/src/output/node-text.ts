import {
  displayPath,
  formatTimestamp,
  goJsonBytes,
  goJsonText,
  type Names,
  type TreeNode,
} from "@holdfast/engine/repository";
import { localTime } from "./local-time.ts";
import { modeText } from "./mode-text.ts";
import { sizeText } from "./size-text.ts";

export interface NodeLineOptions {
  /** With mode, owner, size and time. */
  readonly long: boolean;
  readonly humanReadable: boolean;
}

/** One entry of a snapshot as `ls` and `find` print it. */
export function nodeLine(names: Names, node: TreeNode, { long, humanReadable }: NodeLineOptions): string {
  if (!long) return `${displayPath(names)}\n`;
  const owner = `${String(node.uid).padStart(5)} ${String(node.gid).padStart(5)}`;
  const bytes = fileBytes(node);
  const size = humanReadable ? sizeText(Number(bytes)) : String(bytes).padStart(6);
  const target = node.type === "symlink" ? ` -> ${displayPath([node.linkTarget]).slice(1)}` : "";
  return `${modeText(node.mode)} ${owner} ${size} ${localTime(node.mtime.ns)} ${displayPath(names)}${target}\n`;
}

/** Only files have a size that people ask for. */
export function fileBytes(node: TreeNode): bigint {
  return node.type === "file" ? node.size : 0n;
}

/** A path as JSON: bytes that are no text become U+FFFD, as restic prints them. */
export function pathJson(names: Names): string {
  return goJsonBytes(Buffer.concat(names.flatMap((name) => [slash, name])));
}

const slash = Buffer.from("/");

/** The three times of a node, as members of a JSON object. */
export function timeMembers({ mtime, atime, ctime }: TreeNode): readonly JsonMember[] {
  return Object.entries({ mtime, atime, ctime }).map(([key, time]) => [key, goJsonText(formatTimestamp(time))]);
}

/** A key and the JSON text of its value, or undefined where the object has no such member. */
export type JsonMember = readonly [key: string, json: string | undefined];

/** An object whose members stay in order, and whose numbers keep all of their 64 bits. */
export function jsonObject(members: readonly JsonMember[]): string {
  const written = members.filter(([, json]) => json !== undefined);
  return `{${written.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;
}

/** The number, unless it is 0: what Go leaves out when it is empty. */
export function unlessZero(number: number | bigint): string | undefined {
  return number === 0 || number === 0n ? undefined : String(number);
}

/** The text, unless it is empty. */
export function unlessEmpty(text: string): string | undefined {
  return text === "" ? undefined : goJsonText(text);
}
