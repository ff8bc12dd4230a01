import type { CarriedFailure } from "./carried-failure.ts";

/** To a thread: one job, known by its number. */
export interface JobMessage<Job> {
  readonly number: number;
  readonly job: Job;
}

/** From a thread: what became of it. */
export type AnswerMessage<Result> =
  | { readonly number: number; readonly result: Result }
  | { readonly number: number; readonly failure: CarriedFailure };
