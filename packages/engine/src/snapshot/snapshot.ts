import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { isId, type SnapshotId, type TreeId } from "../id.ts";
import { goJsonText } from "../tree/go-json.ts";
import { JsonFault, JsonScanner } from "../json/json-scanner.ts";
import { formatTimestamp, parseTimestamp, type Timestamp } from "../tree/timestamp.ts";
import { parseSummary, serialiseSummary, type SnapshotSummary } from "./summary.ts";

/** One backed-up state, as its file says. */
export interface Snapshot {
  /** When the backup began, or what it was told to say. */
  readonly time: Timestamp;
  /** What the backup compared with to find unchanged files. */
  readonly parent: SnapshotId | undefined;
  readonly tree: TreeId;
  /** Absolute paths that were backed up, in the order given. */
  readonly paths: readonly string[];
  readonly hostname: string;
  readonly username: string;
  readonly uid: number;
  readonly gid: number;
  /** The patterns of `--exclude`; those from files are not recorded. */
  readonly excludes: readonly string[];
  readonly tags: readonly string[];
  /** The snapshot that this one was made from by changing what is said about it, or by copying it. */
  readonly original: SnapshotId | undefined;
  /** Such as "restic 0.19.1"; older programs did not say. */
  readonly programVersion: string;
  readonly summary: SnapshotSummary | undefined;
  /** Keys that other programs know, with their value's JSON text: kept when a snapshot is written anew. */
  readonly otherKeys: readonly (readonly [key: string, json: string])[];
}

/** A snapshot that is in the repository. */
export interface StoredSnapshot extends Snapshot {
  readonly id: SnapshotId;
}

/** JSON with restic's keys in restic's order; empty ones are left out. */
export function serialiseSnapshot(snapshot: Snapshot): Uint8Array {
  const { parent, original, uid, gid, summary } = snapshot;
  const members: [key: string, json: string | undefined][] = [
    ["time", goJsonText(formatTimestamp(snapshot.time))],
    ["parent", parent && goJsonText(parent)],
    ["tree", goJsonText(snapshot.tree)],
    ["paths", list(snapshot.paths)],
    ["hostname", text(snapshot.hostname)],
    ["username", text(snapshot.username)],
    ["uid", uid === 0 ? undefined : `${uid}`],
    ["gid", gid === 0 ? undefined : `${gid}`],
    ["excludes", snapshot.excludes.length === 0 ? undefined : list(snapshot.excludes)],
    ["tags", snapshot.tags.length === 0 ? undefined : list(snapshot.tags)],
    ["original", original && goJsonText(original)],
    ["program_version", text(snapshot.programVersion)],
    ["summary", summary && serialiseSummary(summary)],
    ...snapshot.otherKeys.map(([key, json]): [string, string] => [key, json]),
  ];
  const written = members.filter(([, json]) => json !== undefined);
  return Buffer.from(`{${written.map(([key, json]) => `${goJsonText(key)}:${json}`).join(",")}}`);
}

/** @throws ENGINE_SNAPSHOT_DAMAGED */
export function parseSnapshot(json: Uint8Array): Snapshot {
  try {
    return readSnapshot(new JsonScanner(Buffer.from(json.buffer, json.byteOffset, json.byteLength)));
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new HoldfastError(engineErrors.snapshotDamaged, "A snapshot file does not hold a snapshot.", {
      cause: error,
      internal: error.message,
    });
  }
}

type Draft = { -readonly [Key in keyof Snapshot]: Snapshot[Key] };

function readSnapshot(scanner: JsonScanner): Snapshot {
  const snapshot: Partial<Draft> = {};
  const otherKeys: [string, string][] = [];
  scanner.object((key) => {
    if (!readMember(scanner, key, snapshot)) otherKeys.push([key, scanner.text(scanner.skip())]);
  });
  scanner.expectEnd();
  const { time, tree } = snapshot;
  if (time === undefined || tree === undefined) throw new JsonFault("a snapshot without time or tree");
  return { ...emptySnapshot, ...snapshot, time, tree, otherKeys };
}

/** A snapshot that says nothing; builders spread it. */
export const emptySnapshot = {
  parent: undefined,
  paths: [],
  hostname: "",
  username: "",
  uid: 0,
  gid: 0,
  excludes: [],
  tags: [],
  original: undefined,
  programVersion: "",
  summary: undefined,
} satisfies Partial<Snapshot>;

/** @returns false when the key is none of ours and its value was not read */
function readMember(scanner: JsonScanner, key: string, snapshot: Partial<Draft>): boolean {
  switch (key) {
    case "time":
      snapshot.time = readTime(scanner);
      return true;
    case "tree":
      snapshot.tree = readId(scanner);
      return true;
    case "parent":
    case "original":
      snapshot[key] = scanner.acceptNull() ? undefined : readId(scanner);
      return true;
    case "paths":
    case "excludes":
    case "tags":
      snapshot[key] = readList(scanner);
      return true;
    case "hostname":
    case "username":
      snapshot[key] = scanner.string();
      return true;
    case "uid":
    case "gid":
      snapshot[key] = scanner.wholeNumber();
      return true;
    case "program_version":
      snapshot.programVersion = scanner.string();
      return true;
    case "summary":
      snapshot.summary = scanner.acceptNull() ? undefined : parseSummary(scanner);
      return true;
    default:
      return false;
  }
}

function readId(scanner: JsonScanner): TreeId {
  const id = scanner.string();
  if (!isId(id)) throw new JsonFault("an id that is none");
  return id;
}

function readTime(scanner: JsonScanner): Timestamp {
  const time = parseTimestamp(scanner.string());
  if (time === undefined) throw new JsonFault("a time that is none");
  return time;
}

function readList(scanner: JsonScanner): string[] {
  const items: string[] = [];
  scanner.array(() => items.push(scanner.string()));
  return items;
}

function text(value: string): string | undefined {
  return value === "" ? undefined : goJsonText(value);
}

function list(items: readonly string[]): string {
  return `[${items.map(goJsonText).join(",")}]`;
}
