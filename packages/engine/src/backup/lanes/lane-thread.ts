import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { assert, systemClock, systemRandom } from "@holdfast/base";
import type { SourceDirectory, SourceDoor, SourceDoorMaker } from "../source.ts";
import { BlobPacker } from "../../repository/blob-packer.ts";
import { packFailure } from "../../threads/carried-failure.ts";
import {
  roomWord,
  stopWord,
  type FromLane,
  type LaneThreadSetup,
  type NumberedAnswer,
  type ToLane,
} from "./lane-messages.ts";
import { Lane } from "./lane.ts";
import { runTask, type LanePlaces } from "./run-task.ts";

/** While a task goes on, this often is told how far it is. */
const newsEveryMs = 100;

/** The program of a lane's thread: tasks in, answers out, full packs as they come. It may wait; it is alone here. */
class LaneThread {
  readonly #port: MessagePort;
  readonly #control: Int32Array;
  readonly #spares: MessagePort;
  readonly #lane: Lane;
  readonly #places: LanePlaces;
  readonly #kept = new Map<number, SourceDirectory>();
  #lastKept = 0;
  #toldMs = 0;

  constructor(port: MessagePort, setup: LaneThreadSetup, door: SourceDoor) {
    this.#port = port;
    this.#control = setup.control;
    this.#spares = setup.spares;
    this.#lane = new Lane(setup.settings, new BlobPacker(setup.packer, systemRandom), systemClock);
    this.#places = {
      directory: (place) => door.directory(place),
      file: (place) => door.file(place),
      keep: (directory) => {
        this.#lastKept += 1;
        this.#kept.set(this.#lastKept, directory);
        return this.#lastKept;
      },
    };
  }

  take(message: ToLane): void {
    try {
      if (message.kind === "finish") this.#finish();
      else this.#work(message);
    } catch (error) {
      this.#tell({ kind: "failed", failure: packFailure(error) });
    }
  }

  #finish(): void {
    this.#tell({ kind: "finished", leftovers: this.#lane.packer.leftovers() });
  }

  #work({ tasks, releases }: ToLane & { kind: "work" }): void {
    for (const handle of releases) {
      this.#kept.get(handle)?.close();
      this.#kept.delete(handle);
    }
    const answers: NumberedAnswer[] = [];
    for (const { number, task } of tasks) {
      const work = runTask(this.#lane, this.#places, task);
      for (;;) {
        if (Atomics.load(this.#control, stopWord) !== 0) return;
        const step = work.next();
        if (step.done === true) {
          answers.push({ number, answer: step.value });
          break;
        }
        if (step.value === undefined) this.#maybeTellNews();
        else {
          this.#awaitRoom();
          this.#tell({ kind: "pack", full: step.value });
          this.#takeSpares();
        }
      }
    }
    this.#tell({ kind: "answers", answers, news: this.#lane.tally.take() });
  }

  /** Waits until one more pack may lie in memory. */
  #awaitRoom(): void {
    for (;;) {
      const room = Atomics.load(this.#control, roomWord);
      if (room <= 0) {
        if (Atomics.load(this.#control, stopWord) !== 0) return;
        Atomics.wait(this.#control, roomWord, room);
      } else if (Atomics.compareExchange(this.#control, roomWord, room, room - 1) === room) return;
    }
  }

  #takeSpares(): void {
    for (
      let spare = receiveMessageOnPort(this.#spares);
      spare !== undefined;
      spare = receiveMessageOnPort(this.#spares)
    )
      this.#lane.packer.spares.push(spare.message as SharedArrayBuffer);
  }

  #maybeTellNews(): void {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - this.#toldMs < newsEveryMs) return;
    this.#toldMs = nowMs;
    this.#tell({ kind: "news", news: this.#lane.tally.take() });
  }

  #tell(message: FromLane): void {
    this.#port.postMessage(message);
  }
}

const setup: LaneThreadSetup = workerData;
const port = parentPort;
assert(port !== null, "a lane's thread was started by a backup");
const { openDoor }: { openDoor: SourceDoorMaker } = await import(setup.twin.module);
const thread = new LaneThread(port, setup, openDoor(setup.twin.data));
port.on("message", (message: ToLane) => thread.take(message));
