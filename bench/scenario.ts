import type { Contender } from "./contenders.ts";
import type { FigureId } from "./figures.ts";

/** Some figures that are measured together, because they need the same data. */
export interface Scenario {
  readonly name: string;
  /** Makes the data in an empty folder; what it is, for the table. @param share of the size that the targets are for */
  prepare(folder: string, share: number): Prepared;
}

export interface Prepared {
  readonly data: string;
  /** The folders that the programs back up; they lie in the page cache when a program begins. */
  readonly sources: readonly string[];
  /** One program from an empty repository to its end, in an empty folder. @param isFirst restores are compared */
  round(contender: Contender, folder: string, isFirst: boolean, note: Note): void;
  /** Programs that take part; default all. */
  readonly takesPart?: (contender: Contender) => boolean;
}

export type Note = (figure: FigureId, value: number) => void;
