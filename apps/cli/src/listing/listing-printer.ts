import { HoldfastError } from "@holdfast/base";
import { shortId, type Names, type StoredSnapshot, type TreeNode } from "@holdfast/engine/repository";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import { localTime } from "../output/local-time.ts";
import { nodeLine } from "../output/node-text.ts";
import { printable } from "../output/printable.ts";
import type { lsFlags } from "../table/repository-commands.ts";
import { jsonPrinter } from "./json-printer.ts";
import { ncduPrinter } from "./ncdu-printer.ts";
import { sortedPrinter } from "./sorted-printer.ts";

/** What `ls` does with what it comes by, in the order of a walk. */
export interface ListingPrinter {
  snapshot(snapshot: StoredSnapshot): void;
  /** @param isListed false for a folder that only leads to what is listed */
  node(names: Names, node: TreeNode, isListed: boolean): void;
  /** After all that is in a folder. */
  leave(): void;
  end(): void;
}

/** The form that the flags ask for. @throws CLI_USAGE for flags that exclude each other */
export function listingPrinter(call: Call<typeof lsFlags>, folders: readonly string[]): ListingPrinter {
  const { flags, terminal } = call;
  const sort = flags.sort ?? "name";
  const isSorted = sort !== "name" || flags.reverse;
  if (flags.ncdu && (flags.json || isSorted)) {
    throw new HoldfastError(cliErrors.usage, "Give only one of --ncdu, --json, and --sort or --reverse with --ncdu.");
  }
  if (flags.ncdu) return ncduPrinter(terminal);
  const plain = flags.json ? jsonPrinter(terminal) : textPrinter(call, folders);
  return isSorted ? sortedPrinter(plain, sort, flags.reverse) : plain;
}

function textPrinter({ flags, terminal }: Call<typeof lsFlags>, folders: readonly string[]): ListingPrinter {
  return {
    snapshot: (snapshot) => {
      if (flags.quiet) return;
      const of = `snapshot ${shortId(snapshot.id)} of [${snapshot.paths.map(printable).join(" ")}]`;
      const by = `by ${printable(snapshot.username)}@${printable(snapshot.hostname)}`;
      const filtered = `filtered by [${folders.map(printable).join(" ")}]`;
      terminal.write(`${of} at ${localTime(snapshot.time.ns)} ${by} ${filtered}:\n`);
    },
    node: (names, node, isListed) => {
      if (isListed) terminal.write(nodeLine(names, node, flags));
    },
    leave: () => {},
    end: () => {},
  };
}
