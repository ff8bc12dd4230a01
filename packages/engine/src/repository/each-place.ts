import type { BlobType } from "../blob.ts";
import type { NumberedPlace, WholeIndex } from "./whole-index.ts";

/** Visits every copy of every blob of a type. The object is the same each time: copy what is to stay. */
export function eachPlace(index: WholeIndex, type: BlobType, visit: (place: NumberedPlace) => void): void {
  const place: NumberedPlace = { blob: 0, pack: 0, offset: 0, length: 0, uncompressedLength: 0 };
  const count = index.placeCount(type);
  for (let at = 0; at < count; at += 1) {
    index.placeInto(type, at, place);
    if (place.length > 0) visit(place); // else an id that this session claimed for a blob and has no place for
  }
}
