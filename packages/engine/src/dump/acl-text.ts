const version = 2;
const tagNames = new Map([
  [0x01, "user"],
  [0x02, "user"],
  [0x04, "group"],
  [0x08, "group"],
  [0x10, "mask"],
  [0x20, "other"],
]);
const namedTags = [0x02, 0x08];

/**
 * The long text of a POSIX access list, from the bytes in which Linux keeps it. Users and groups are numbers, because the
 * archive may be unpacked on another machine. Undefined for bytes that are none.
 * @see acl(5); linux/posix_acl_xattr.h
 */
export function aclText(bytes: Buffer): string | undefined {
  if (bytes.length < 4 || (bytes.length - 4) % 8 !== 0 || bytes.readUInt32LE(0) !== version) return undefined;
  let text = "";
  for (let at = 4; at < bytes.length; at += 8) {
    const tag = bytes.readUInt16LE(at);
    const permissions = bytes.readUInt16LE(at + 2);
    const name = tagNames.get(tag);
    if (name === undefined) return undefined;
    const who = namedTags.includes(tag) ? String(bytes.readUInt32LE(at + 4)) : "";
    const may = [..."rwx"].map((letter, index) => (permissions & (4 >> index) ? letter : "-")).join("");
    text += `${name}:${who}:${may}\n`;
  }
  return text;
}
