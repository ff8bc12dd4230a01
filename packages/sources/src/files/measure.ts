import { setImmediate as nextTurn } from "node:timers/promises";
import { systemCodeOf } from "@holdfast/base";
import type { SourceTotals } from "@holdfast/engine";
import { isDirectory, isFile } from "@holdfast/engine/files";
import type { WalkedDirectory, WalkedEntry } from "./walk.ts";

const turnEntries = 64;

/** Walks all that is selected and counts it. What cannot be listed is not counted. */
export async function measure(
  top: WalkedDirectory,
  onTotals: (totals: SourceTotals) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let entriesSinceTurn = 0;
  let files = 0;
  let bytes = 0;
  const visit = async (directory: WalkedDirectory): Promise<void> => {
    try {
      for (const entry of directory.entries()) {
        entriesSinceTurn += 1;
        if (entriesSinceTurn >= turnEntries) {
          entriesSinceTurn = 0;
          await nextTurn();
          signal?.throwIfAborted();
        }
        if (entry.stats !== undefined && isFile(entry.stats)) {
          files += 1;
          bytes += Number(entry.stats.size);
        } else if (entry.stats !== undefined && isDirectory(entry.stats)) {
          const inner = tryEnter(entry);
          if (inner !== undefined) await visit(inner);
        }
      }
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error; // what cannot be listed is not counted
    } finally {
      directory.close();
    }
    onTotals({ files, bytes });
  };
  await visit(top);
}

function tryEnter(entry: WalkedEntry): WalkedDirectory | undefined {
  try {
    return entry.enter();
  } catch {
    return undefined;
  }
}
