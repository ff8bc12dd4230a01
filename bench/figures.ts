/** One figure of the comparison; less is better for all of them. */
export interface Figure {
  readonly id: FigureId;
  /** As the table says it. */
  readonly name: string;
  readonly unit: "time" | "bytes" | "bytes a blob";
  /** The share of what the other program takes that Holdfast wants to stay below. */
  readonly target: { readonly restic?: number; readonly borg?: number; readonly atMost?: number };
  /** What is known of the reason, shown when the target is missed. */
  readonly whyMissed?: string;
}

export type FigureId = (typeof ids)[number];
const ids = [
  "mixed first wall",
  "mixed first cpu",
  "mixed first memory",
  "mixed stored",
  "mixed again wall",
  "mixed restore wall",
  "mixed restore memory",
  "mixed check wall",
  "large first wall",
  "large restore wall",
  "changed first wall",
  "small first wall",
  "small first memory",
  "small again wall",
  "small again memory",
  "small restore wall",
  "small restore memory",
  "sparse first wall",
  "prune wall",
  "prune memory",
  "start wall",
  "index bytes",
  "index prune memory",
] as const;

/** Where the time goes was seen with `perf`, on the data of the figure; shares are of processor time. */
const firstBackup =
  "two thirds are compressing, hashing, cutting, sealing, reading back and the system's own work, which leave little to " +
  "gain on two cores; the rest is JavaScript for each entry (17 %), collecting its garbage (8 %) and compiling it in three threads (6 %).";
const largeFile =
  "a third is the system writing, 15 % hashing blob and pack, 11 % cutting, 10 % sealing and proving; about 0.5 s pass before the first byte is read.";

export const figures: readonly Figure[] = [
  {
    id: "mixed first wall",
    name: "mixed tree: first backup",
    unit: "time",
    target: { restic: 0.4, borg: 1 },
    whyMissed: firstBackup,
  },
  { id: "mixed first cpu", name: "… processor time", unit: "time", target: { restic: 0.5 }, whyMissed: firstBackup },
  {
    id: "mixed first memory",
    name: "… peak memory",
    unit: "bytes",
    target: { restic: 2 },
    whyMissed:
      "three heaps of JavaScript (22 to 62 MiB each), 57 MiB of the executable of Node.js itself, and packs, stretches of large files and buffers of three threads.",
  },
  { id: "mixed stored", name: "… stored bytes", unit: "bytes", target: { restic: 1.03 } },
  {
    id: "mixed again wall",
    name: "mixed tree: unchanged, again",
    unit: "time",
    target: { restic: 0.35 },
    whyMissed:
      "about 0.4 s pass before the first entry is looked at: the start, scrypt, and restic's 0.2 s of waiting behind a new lock. More than half of the rest is the system's own work for opening, listing and looking.",
  },
  {
    id: "mixed restore wall",
    name: "mixed tree: restore",
    unit: "time",
    target: { restic: 0.6 },
    whyMissed:
      "processor time, which is nearly restic's: 5.3 s of the user's and 4.6 s of the system's against 5.6 and 5.0 s. Making 49,400 files and 13,379 folders and copying 2 GiB into the page cache is the larger part of the second. On two cores that alone is 5 s, 0.65 of the 7.6 s that restic took beside it.",
  },
  { id: "mixed restore memory", name: "… peak memory", unit: "bytes", target: { restic: 2 } },
  {
    id: "mixed check wall",
    name: "mixed tree: check --read-data",
    unit: "time",
    target: { restic: 0.5 },
    whyMissed:
      "SHA-256 of every pack and blob, unpacking and decrypting come to 3.2 s of processor time, 1.6 s on two cores, and an empty repository takes 0.5 s: 0.62 is what is left to reach here.",
  },
  {
    id: "large first wall",
    name: "large file: first backup",
    unit: "time",
    target: { restic: 0.35, borg: 0.7 },
    whyMissed: largeFile,
  },
  {
    id: "large restore wall",
    name: "large file: restore",
    unit: "time",
    target: { restic: 0.6 },
    whyMissed:
      "reading, proving, decrypting and writing take 1.3 s of the user's time and 0.4 to 0.9 s of the system's, 0.9 to 1.1 s on two cores; the start with scrypt is not shared between them.",
  },
  {
    id: "changed first wall",
    name: "its changed copy: backup",
    unit: "time",
    target: { restic: 0.35, borg: 0.7 },
    whyMissed: largeFile,
  },
  { id: "small first wall", name: "small files: first backup", unit: "time", target: {} },
  {
    id: "small first memory",
    name: "… peak memory",
    unit: "bytes",
    target: { restic: 1.5 },
    whyMissed: "three heaps of JavaScript and the executable of Node.js itself are more than restic needs in all.",
  },
  {
    id: "small again wall",
    name: "small files: unchanged, again",
    unit: "time",
    target: { restic: 0.25 },
    whyMissed: "the system's own work for opening, listing and looking is most of it; see docs/adr/0017.",
  },
  {
    id: "small again memory",
    name: "… peak memory",
    unit: "bytes",
    target: { restic: 1.5 },
    whyMissed: "as for the first backup.",
  },
  { id: "small restore wall", name: "small files: restore", unit: "time", target: { restic: 0.6 } },
  {
    id: "small restore memory",
    name: "… peak memory",
    unit: "bytes",
    target: { restic: 1.5 },
    whyMissed: "as for the first backup.",
  },
  { id: "sparse first wall", name: "sparse image: first backup", unit: "time", target: {} },
  {
    id: "prune wall",
    name: "forget and prune, half of 50 snapshots",
    unit: "time",
    target: { restic: 0.5 },
    whyMissed: "the start, scrypt and the pause behind the lock are half of it; copying what stays takes a third.",
  },
  {
    id: "prune memory",
    name: "… peak memory",
    unit: "bytes",
    target: { restic: 2 },
    whyMissed: "as for the first backup of small files: what Node.js takes for itself.",
  },
  { id: "start wall", name: "snapshots, on 1 million blobs", unit: "time", target: { atMost: 500 } },
  { id: "index bytes", name: "index of 10 million blobs", unit: "bytes a blob", target: { atMost: 64 } },
  { id: "index prune memory", name: "prune of 10 million blobs", unit: "bytes", target: { atMost: 2 ** 30 } },
];
