import type { Names } from "@holdfast/engine";

const unreserved = /[A-Za-z0-9\-._~]/;

/** The names of a URL's path as bytes; undefined for one that is malformed or would lead elsewhere. */
export function parseWebdavPath(url: string): Buffer[] | undefined {
  const [path = ""] = url.replace(/^https?:\/\/[^/]*/, "").split(/[?#]/, 1);
  if (!path.startsWith("/")) return undefined;
  const names = path
    .split("/")
    .filter((component) => component !== "")
    .map(decodeComponent);
  const isSound = names.every((name) => name !== undefined && !isForbidden(name));
  return isSound ? (names as Buffer[]) : undefined;
}

/** The path of names, with a slash in front and, for a folder, behind. */
export function webdavPath(names: Names, isDirectory: boolean): string {
  const path = names.map((name) => `/${encodeComponent(name)}`).join("");
  return isDirectory ? `${path}/` : path;
}

function decodeComponent(text: string): Buffer | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const pieces = text.split(/(%[0-9a-fA-F]{2})/);
  return Buffer.concat(
    pieces.map((piece) => (piece.startsWith("%") ? Buffer.from(piece.slice(1), "hex") : Buffer.from(piece))),
  );
}

function encodeComponent(name: Buffer): string {
  let text = "";
  for (const byte of name) {
    const character = String.fromCharCode(byte);
    text += unreserved.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

function isForbidden(name: Buffer): boolean {
  return name.includes(0) || name.includes(0x2f) || name.equals(Buffer.from(".")) || name.equals(Buffer.from(".."));
}
