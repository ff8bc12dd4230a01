import { goJsonText } from "../tree/go-json.ts";
import { JsonFault, type JsonScanner } from "../json/json-scanner.ts";
import { formatTimestamp, parseTimestamp, zeroTimestamp, type Timestamp } from "../tree/timestamp.ts";

/** Keys of restic's JSON for the counts of a summary, in its order. */
const countKeys = {
  filesNew: "files_new",
  filesChanged: "files_changed",
  filesUnmodified: "files_unmodified",
  dirsNew: "dirs_new",
  dirsChanged: "dirs_changed",
  dirsUnmodified: "dirs_unmodified",
  dataBlobs: "data_blobs",
  treeBlobs: "tree_blobs",
  dataAdded: "data_added",
  dataAddedPacked: "data_added_packed",
  totalFilesProcessed: "total_files_processed",
  totalBytesProcessed: "total_bytes_processed",
} as const;
type CountName = keyof typeof countKeys;
const countNames = Object.keys(countKeys) as CountName[];

/** What making a snapshot came to, in numbers. */
export type SummaryCounts = Readonly<Record<CountName, number>>;

/** All counts at nothing. */
export function noCounts(): Record<CountName, number> {
  return Object.fromEntries(countNames.map((name) => [name, 0])) as Record<CountName, number>;
}

/**
 * What making the snapshot did. `dataAdded` is bytes of new blobs as they are, `dataAddedPacked` as they are stored.
 * Written by restic since 0.17.
 */
export type SnapshotSummary = SummaryCounts & { readonly backupStart: Timestamp; readonly backupEnd: Timestamp } & {
  readonly otherKeys?: readonly (readonly [key: string, json: string])[];
};

/** JSON with all keys always present, as restic writes it. */
export function serialiseSummary(summary: SnapshotSummary): string {
  const members = [
    ["backup_start", goJsonText(formatTimestamp(summary.backupStart))],
    ["backup_end", goJsonText(formatTimestamp(summary.backupEnd))],
    ...countNames.map((name) => [countKeys[name], `${summary[name]}`] as const),
    ...(summary.otherKeys ?? []),
  ];
  return `{${members.map(([key, json]) => `${goJsonText(key ?? "")}:${json}`).join(",")}}`;
}

/** Reads the object where the scanner stands. @throws JsonFault */
export function parseSummary(scanner: JsonScanner): SnapshotSummary {
  const times = { backupStart: zeroTimestamp, backupEnd: zeroTimestamp };
  const counts = noCounts();
  const otherKeys: [string, string][] = [];
  scanner.object((key) => {
    const name = countNames.find((known) => countKeys[known] === key);
    if (name !== undefined) counts[name] = scanner.wholeNumber();
    else if (key === "backup_start") times.backupStart = readTime(scanner);
    else if (key === "backup_end") times.backupEnd = readTime(scanner);
    else otherKeys.push([key, scanner.text(scanner.skip())]);
  });
  return { ...times, ...counts, otherKeys };
}

function readTime(scanner: JsonScanner): Timestamp {
  const time = parseTimestamp(scanner.string());
  if (time === undefined) throw new JsonFault("a time that is none");
  return time;
}
