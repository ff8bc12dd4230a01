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

export const figures: readonly Figure[] = [
  { id: "mixed first wall", name: "mixed tree: first backup", unit: "time", target: { restic: 0.4, borg: 1 } },
  { id: "mixed first cpu", name: "… processor time", unit: "time", target: { restic: 0.5 } },
  { id: "mixed first memory", name: "… peak memory", unit: "bytes", target: { restic: 2 } },
  { id: "mixed stored", name: "… stored bytes", unit: "bytes", target: { restic: 1.03 } },
  { id: "mixed again wall", name: "mixed tree: unchanged, again", unit: "time", target: { restic: 0.35 } },
  { id: "mixed restore wall", name: "mixed tree: restore", unit: "time", target: { restic: 0.6 } },
  { id: "mixed restore memory", name: "… peak memory", unit: "bytes", target: { restic: 2 } },
  { id: "mixed check wall", name: "mixed tree: check --read-data", unit: "time", target: { restic: 0.5 } },
  { id: "large first wall", name: "large file: first backup", unit: "time", target: { restic: 0.35, borg: 0.7 } },
  { id: "large restore wall", name: "large file: restore", unit: "time", target: { restic: 0.6 } },
  { id: "changed first wall", name: "its changed copy: backup", unit: "time", target: { restic: 0.35, borg: 0.7 } },
  { id: "small first wall", name: "small files: first backup", unit: "time", target: {} },
  { id: "small first memory", name: "… peak memory", unit: "bytes", target: { restic: 1.5 } },
  { id: "small again wall", name: "small files: unchanged, again", unit: "time", target: { restic: 0.25 } },
  { id: "small again memory", name: "… peak memory", unit: "bytes", target: { restic: 1.5 } },
  { id: "small restore wall", name: "small files: restore", unit: "time", target: { restic: 0.6 } },
  { id: "small restore memory", name: "… peak memory", unit: "bytes", target: { restic: 1.5 } },
  { id: "sparse first wall", name: "sparse image: first backup", unit: "time", target: {} },
  { id: "prune wall", name: "forget and prune, half of 50 snapshots", unit: "time", target: { restic: 0.5 } },
  { id: "prune memory", name: "… peak memory", unit: "bytes", target: { restic: 2 } },
  { id: "start wall", name: "snapshots, on 1 million blobs", unit: "time", target: { atMost: 500 } },
  { id: "index bytes", name: "index of 10 million blobs", unit: "bytes a blob", target: { atMost: 64 } },
  { id: "index prune memory", name: "prune of 10 million blobs", unit: "bytes", target: { atMost: 2 ** 30 } },
];
