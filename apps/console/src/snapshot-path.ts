/** One folder on the way to a place in a snapshot. */
export interface PathStep {
  /** For people: its name, bytes that are not UTF-8 as `\xNN`. */
  readonly name: string;
  /** For asking: base64url of the raw path bytes up to here. */
  readonly path: string;
}

const slash = 0x2f;

/**
 * The folders from the root to `path`, for breadcrumbs.
 * @param path base64url of raw path bytes, as the keeper gives it for each entry
 */
export function pathSteps(path: string): readonly PathStep[] {
  const bytes = bytesOfPath(path);
  const steps: PathStep[] = [];
  let begin = 0;
  for (let at = 0; at <= bytes.byteLength; at += 1) {
    if (at < bytes.byteLength && bytes[at] !== slash) continue;
    if (at > begin) steps.push({ name: nameOf(bytes.subarray(begin, at)), path: pathOfBytes(bytes.subarray(0, at)) });
    begin = at + 1;
  }
  return steps;
}

function nameOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
    ).join("");
  }
}

function bytesOfPath(path: string): Uint8Array {
  try {
    const binary = atob(path.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array(0); // an address typed by hand; the root is shown
  }
}

function pathOfBytes(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
