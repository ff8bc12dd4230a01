import type { SourceDoor } from "@holdfast/engine";
import { readAttributes } from "@holdfast/engine/files";
import { describer } from "./describe.ts";
import { FilesDirectory, type FilePlace } from "./files-directory.ts";
import type { FilesOptions } from "./files-source.ts";
import { openFile, openStream, type SeenFile } from "./open-file.ts";
import { Selection } from "./selection.ts";
import { enterPlace, type DirectoryPlace } from "./walk.ts";

/** Opens, in any thread, what a files source of these options has found. */
export function openDoor(data: unknown): SourceDoor {
  const selection = new Selection(data as FilesOptions);
  const describe = describer(data as FilesOptions);
  return {
    directory: (place) => new FilesDirectory(enterPlace(place as DirectoryPlace, selection), describe),
    file: (place) => openFile(seenFile(place as FilePlace), describe),
    stream: async (place) => openStream(seenFile(place as FilePlace), describe),
  };
}

function seenFile({ path, name }: FilePlace): SeenFile {
  const bytes = Buffer.from(path, "latin1");
  return { path: bytes, name: Buffer.from(name, "latin1"), attributes: attributesOf(bytes) };
}

/** What could not be read of them was reported when the directory was listed. */
function attributesOf(path: Buffer): SeenFile["attributes"] {
  try {
    return readAttributes(path);
  } catch {
    return [];
  }
}
