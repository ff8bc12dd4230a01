import type { ByteRange } from "@holdfast/storage";

/**
 * What a Range header asks of a file: a range inside it, the whole of it, or nothing that it has.
 * Headers that are not understood, several ranges among them, mean the whole, as RFC 9110 section 14.2 allows; so does
 * any range of an empty file, because restic asks for a range even then.
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | "whole" | "unsatisfiable" {
  const parsed = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (parsed === null || sizeBytes === 0) return "whole";
  const [first, last] = [parsed[1] ?? "", parsed[2] ?? ""];
  if (first === "" && last === "") return "whole";
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? "unsatisfiable" : { offset: sizeBytes - length, length };
  }
  const offset = Number(first);
  if (last !== "" && Number(last) < offset) return "whole";
  if (offset >= sizeBytes) return "unsatisfiable";
  const end = last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  return { offset, length: end - offset };
}
