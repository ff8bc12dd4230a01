import { HoldfastError } from "@holdfast/base";
import { newReaderKey, openAnswer } from "@holdfast/client";
import { listedEntry, type ListedEntry } from "@holdfast/contract";
import { consoleErrors } from "../errors.ts";
import { bytesOf, textOf } from "./event-stream.ts";
import { server } from "./server.ts";

/** A place inside a snapshot. `path` is base64url of the raw path bytes, empty for the root. */
export interface SnapshotPlace {
  readonly deviceId: string;
  readonly snapshotId: string;
  readonly path: string;
}

/**
 * The entries of one directory, as the keeper lists them; opened here, so that the server never sees a file name.
 * @throws the keeper's or the server's failure; RELAY_BROKEN; CONSOLE_BAD_LISTING; CONSOLE_INSECURE_CONTEXT
 */
export async function listDirectory(place: SnapshotPlace, signal: AbortSignal): Promise<readonly ListedEntry[]> {
  const entries: ListedEntry[] = [];
  let rest = "";
  for await (const text of textOf(sealedAnswer("listDirectory", place, signal))) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") entries.push(parseEntry(line));
  }
  if (rest !== "") entries.push(parseEntry(rest));
  return entries;
}

/** The bytes of one file, in order, opened here. Throws as listDirectory does; a file cut short never ends quietly. */
export function readFile(place: SnapshotPlace, signal: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  return sealedAnswer("readFile", place, signal);
}

async function* sealedAnswer(
  operation: "listDirectory" | "readFile",
  { deviceId, snapshotId, path }: SnapshotPlace,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (!isSecureContext)
    throw new HoldfastError(consoleErrors.insecureContext, "This page has no cryptography to open a backup with.");
  const reader = await newReaderKey();
  const body = { path, readerKey: reader.publicKey };
  const response = await server.call(operation, { params: { deviceId, snapshotId }, body }, signal);
  if (response.body !== null) yield* openAnswer(reader, bytesOf(response.body));
}

function parseEntry(line: string): ListedEntry {
  const parsed = listedEntry.safeParse(jsonOf(line));
  if (!parsed.success)
    throw new HoldfastError(consoleErrors.badListing, "The list of this folder could not be understood.", {
      internal: parsed.error.message,
    });
  return parsed.data;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // fails the shape check right after, with its own code
  }
}
