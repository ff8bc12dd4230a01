import { MiB, secondMs, type Clock } from "@holdfast/base";

/** How much a part may say: bursts, and in the long run. An honest one stays far below both. */
const messagesMax = 400;
const messagesPerSecond = 40;
const lengthMax = 8 * MiB;
const lengthPerSecond = MiB / 2;

/** Two buckets that fill with time: one of messages, one of their length. */
export class MessageBudget {
  readonly #clock: Clock;
  #messages = messagesMax;
  #length = lengthMax;
  #filledAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#filledAtMs = clock.monotonicMs();
  }

  /** Takes one message of `length` characters; false when there is no room for it. */
  spend(length: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    const passedSeconds = (nowMs - this.#filledAtMs) / secondMs;
    this.#filledAtMs = nowMs;
    this.#messages = Math.min(messagesMax, this.#messages + passedSeconds * messagesPerSecond) - 1;
    this.#length = Math.min(lengthMax, this.#length + passedSeconds * lengthPerSecond) - length;
    return this.#messages >= 0 && this.#length >= 0;
  }
}
