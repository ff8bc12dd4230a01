import { opendirSync } from "node:fs";
import { join } from "node:path";

/** The paths of all files below a folder, in the order of the system; of a million files few are in memory at once. */
export function* filesBelow(folder: string): Generator<string> {
  const directory = opendirSync(folder);
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (entry.isDirectory()) yield* filesBelow(join(folder, entry.name));
      else if (entry.isFile()) yield join(folder, entry.name);
    }
  } finally {
    directory.closeSync();
  }
}
