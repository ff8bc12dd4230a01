// Backing up, for the command that people wait for most often.
export { backup, fullTag, type BackupOptions, type BackupResult, type ParentGroup } from "../backup/backup.ts";
export type { BackupItem } from "../backup/item.ts";
export type {
  BackupSource,
  DirectoryLook,
  LookedDirectory,
  SourceDirectory,
  SourceDoor,
  SourceEntry,
  SourceFile,
  SourceStream,
  SourceTotals,
} from "../backup/source.ts";
export type { BackupCounts, BackupProgress } from "../backup/tally.ts";
export { BackupTrial, type TrialResult } from "../backup/trial.ts";
