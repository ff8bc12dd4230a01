import { readFile } from "node:fs/promises";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import { cliErrors } from "./errors.ts";

/** The bytes of a file that a flag named. @throws CLI_UNREADABLE_FILE */
export async function readNamedFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const why = systemCodeOf(error) ?? "unknown";
    throw new HoldfastError(cliErrors.unreadableFile, `${path} cannot be read (${why}).`, { cause: error });
  }
}

/** Text of such a file: UTF-8, or UTF-16 when a byte order mark says so, as editors on Windows save it. */
export async function readTextFile(path: string): Promise<string> {
  return decodeText(await readNamedFile(path));
}

export function decodeText(bytes: Uint8Array): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes); // takes the mark itself away
}

/** Lines that say something: trimmed, without empty ones and `#` comments. */
export function meaningfulLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
