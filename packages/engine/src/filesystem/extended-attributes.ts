import { systemCodeOf } from "@holdfast/base";
import type { ExtendedAttribute } from "../tree/node.ts";
import { native } from "./native.ts";

/** The file system, or this kind of file on it, has no extended attributes. */
function hasNone(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === "ENOTSUP" || code === "EOPNOTSUPP" || code === "ENOSYS";
}

/**
 * All extended attributes of a file, in the system's order; ACLs are among them. None where there are none to have.
 * @throws the system's error when they are there and cannot be read
 */
export function readAttributes(path: Buffer): ExtendedAttribute[] {
  if (native === undefined) return [];
  let names: Buffer[];
  try {
    names = native.listAttributes(path);
  } catch (error) {
    if (hasNone(error)) return [];
    throw error;
  }
  const attributes: ExtendedAttribute[] = [];
  for (const name of names) {
    try {
      attributes.push({ name, value: native.getAttribute(path, name) });
    } catch (error) {
      // Removed since it was listed.
      if (systemCodeOf(error) !== "ENODATA" && systemCodeOf(error) !== "ENOATTR") throw error;
    }
  }
  return attributes;
}

/**
 * True when a file surely has no extended attributes. The path need not be safe to follow: whoever could lead it
 * elsewhere could as well have taken the attributes away.
 * @param path bytes (latin1)
 */
export function lacksAttributes(path: string): boolean {
  return native?.hasAttributes(path) === false;
}

/** Labels that this machine's security policy puts on every new file; they are not the backup's to take away. */
const machineLabel = /^security\.(?:selinux|SMACK64|apparmor|ima|evm)/;

/**
 * Gives a file exactly these extended attributes: sets those that differ, then removes what else it has.
 * @param isOurs which names, bytes in latin1, may be removed; default all
 * @throws the system's error for the first that cannot be set; the others are tried all the same
 */
export function writeAttributes(
  path: Buffer,
  wanted: readonly ExtendedAttribute[],
  isOurs: (name: string) => boolean = () => true,
): void {
  if (native === undefined) return;
  const present = new Map(readAttributes(path).map(({ name, value }) => [name.toString("latin1"), value]));
  const failures: unknown[] = [];
  const attempt = (change: () => void) => {
    try {
      change();
    } catch (error) {
      failures.push(error);
    }
  };
  for (const { name, value } of wanted) {
    const has = present.get(name.toString("latin1"));
    if (has === undefined || !has.equals(value)) attempt(() => native!.setAttribute(path, name, value));
    present.delete(name.toString("latin1"));
  }
  for (const name of present.keys()) {
    if (!machineLabel.test(name) && isOurs(name))
      attempt(() => native!.removeAttribute(path, Buffer.from(name, "latin1")));
  }
  if (failures.length > 0) throw failures[0];
}
