import type { MessagePort } from "node:worker_threads";
import type { SourceTwin } from "../source.ts";
import type { CarriedFailure } from "../../threads/carried-failure.ts";
import type { LaneNews } from "./lane-tally.ts";
import type { FullPack, PackerSetup, UnfinishedPack } from "../../repository/blob-packer.ts";
import type { LaneSettings } from "./lane.ts";
import type { LaneAnswers, LaneTask } from "./tasks.ts";

/** What a lane's thread is started with. */
export interface LaneThreadSetup {
  readonly settings: LaneSettings;
  readonly packer: PackerSetup;
  readonly twin: SourceTwin;
  /** Two words, see below. */
  readonly control: Int32Array;
  /** Where memory of packs that are stored comes back. */
  readonly spares: MessagePort;
}

/** In `control`: other than 0 when all lanes shall stop. */
export const stopWord = 0;
/** In `control`: how many more packs may be handed over before some are stored. */
export const roomWord = 1;

export interface NumberedTask {
  readonly number: number;
  readonly task: LaneTask;
}

export type ToLane =
  | {
      readonly kind: "work";
      readonly tasks: readonly NumberedTask[];
      /** Kept directories to close. */
      readonly releases: readonly number[];
    }
  /** No more work: hand over what is unfinished. */
  | { readonly kind: "finish" };

export interface NumberedAnswer {
  readonly number: number;
  readonly answer: LaneAnswers[LaneTask["kind"]];
}

export type FromLane =
  | { readonly kind: "answers"; readonly answers: readonly NumberedAnswer[]; readonly news: LaneNews }
  | { readonly kind: "news"; readonly news: LaneNews }
  | { readonly kind: "pack"; readonly full: FullPack }
  | { readonly kind: "finished"; readonly leftovers: readonly UnfinishedPack[] }
  | { readonly kind: "failed"; readonly failure: CarriedFailure };
