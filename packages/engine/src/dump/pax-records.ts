import { isUtf8 } from "node:buffer";
import type { TreeNode } from "../tree/node.ts";
import { aclText } from "./acl-text.ts";

/** Keys and values that a tar entry has beside its header; values are bytes. */
export type PaxRecords = ReadonlyMap<string, Buffer>;

const nsPerSecond = 1_000_000_000n;
const aclKeys = new Map([
  ["system.posix_acl_access", "SCHILY.acl.access"],
  ["system.posix_acl_default", "SCHILY.acl.default"],
]);

/** What of a file's metadata has no place in a tar header: attributes and access lists, as GNU tar and star write them. */
export function attributeRecords({ extendedAttributes }: TreeNode): PaxRecords {
  const records = new Map<string, Buffer>();
  for (const { name, value } of extendedAttributes) {
    const aclKey = aclKeys.get(name.toString("latin1"));
    const text = aclKey === undefined ? undefined : aclText(value);
    if (aclKey !== undefined && text !== undefined) records.set(aclKey, Buffer.from(text));
    else if (aclKey === undefined && isUtf8(name)) records.set(`SCHILY.xattr.${attributeKey(name)}`, value);
  }
  return records;
}

/** A key ends at the first "=", so GNU tar writes one within as %3D. */
function attributeKey(name: Buffer): string {
  return name.toString().replaceAll("%", "%25").replaceAll("=", "%3D");
}

/** Seconds with as many digits behind the point as there are: "1714532152.144560725", "-0.5". */
export function paxTime(ns: bigint): Buffer {
  const magnitude = ns < 0n ? -ns : ns;
  const fraction = (magnitude % nsPerSecond).toString().padStart(9, "0").replace(/0+$/, "");
  return Buffer.from(`${ns < 0n ? "-" : ""}${magnitude / nsPerSecond}${fraction === "" ? "" : `.${fraction}`}`);
}

/** Each as "length key=value\n", the length counting itself. @see POSIX pax, "pax Header Block" */
export function encodePaxRecords(records: PaxRecords): Buffer {
  return Buffer.concat(
    [...records].flatMap(([key, value]) => {
      const rest = Buffer.byteLength(key) + value.length + 3; // a space, an equals sign, a line end
      let length = rest + String(rest).length;
      length = rest + String(length).length;
      return [Buffer.from(`${length} ${key}=`), value, Buffer.from("\n")];
    }),
  );
}
