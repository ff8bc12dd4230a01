import { closeSync, lstatSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { HoldfastError, systemCodeOf, toHex } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { native } from "../filesystem/native.ts";
import { sha256 } from "../id.ts";
import { Decoder } from "../repository/decoder.ts";
import { packFailure } from "../threads/carried-failure.ts";
import { AttributeSelection } from "./attribute-selection.ts";
import { DecodeRoom } from "./decode-room.ts";
import { JobChunks } from "./job-chunks.ts";
import { habitsFrom, MetadataWriter, type NewFileHabits } from "./metadata.ts";
import type {
  EntryTrouble,
  ExpectedContent,
  InspectJob,
  RestoreAnswer,
  RestoreJob,
  WriteEntry,
  WriteJob,
  WriterSetup,
} from "./restore-job.ts";
import { openExisting, readFully, TargetFile, temporaryName, writeAroundZeros, writeAt } from "./target-file.ts";

type Entry<Kind extends WriteEntry["kind"]> = Extract<WriteEntry, { kind: Kind }>;

/** Chunks of an entry that could not be had. */
type Missing = number[];

/**
 * Decodes chunks and writes what they belong to, with calls that wait, in whichever thread it is called: a small file
 * goes from nothing to complete in one go. What goes wrong with one entry is told, and the rest goes on.
 *
 * It decides nothing: the planner has looked what is there and made the directories.
 * @see docs/adr/0013-restore-writes-whole-files-in-threads.md
 */
export class EntryWriter {
  readonly #setup: WriterSetup;
  readonly #decoder: Decoder;
  readonly #room = new DecodeRoom();
  readonly #write: (fd: number, bytes: Uint8Array, at: number) => void;
  #metadata: MetadataWriter;

  /** @throws ENGINE_BAD_PATTERN */
  constructor(setup: WriterSetup) {
    this.#setup = setup;
    this.#decoder = new Decoder(setup.secret);
    this.#write = setup.isSparse ? writeAroundZeros : writeAt;
    this.#metadata = new MetadataWriter(new AttributeSelection(setup.attributes));
  }

  /** @throws only what is a bug */
  carryOut(job: RestoreJob): RestoreAnswer {
    if (job.do === "inspect") return { troubles: [], withheld: noneWithheld, right: this.#inspectAll(job) };
    this.#metadata = new MetadataWriter(new AttributeSelection(this.#setup.attributes));
    const troubles = this.#writeAll(job);
    return { troubles, withheld: this.#metadata.withheld, right: [] };
  }

  #writeAll(job: WriteJob): EntryTrouble[] {
    const chunks = new JobChunks(this.#decoder, job, this.#room);
    const habits: (NewFileHabits | undefined)[] = job.directories.map(() => undefined);
    const troubles: EntryTrouble[] = [];
    for (const [at, entry] of job.entries.entries()) {
      this.#room.clear();
      try {
        const missing = this.#writeEntry(entry, job, chunks, habits);
        if (missing.length > 0) troubles.push({ entry: at, is: "without", chunks: missing });
      } catch (error) {
        troubles.push(troubleFrom(at, error));
      }
    }
    return troubles;
  }

  #writeEntry(entry: WriteEntry, job: WriteJob, chunks: JobChunks, habits: (NewFileHabits | undefined)[]): Missing {
    if (entry.kind === "part") return this.#writePart(entry, chunks);
    const path = pathOf(job, entry);
    if (entry.kind === "file") return this.#writeFile(entry, path, job.directories[entry.directory]!, chunks, habits);
    if (entry.kind === "symlink") symlinkSync(Buffer.from(entry.linkTarget, "latin1"), path);
    if (entry.kind === "device") native!.makeNode(path, entry.unixType, entry.device);
    try {
      this.#metadata.writeToEntry(path, entry.metadata);
    } catch (error) {
      throw new BareEntry(error);
    }
    return [];
  }

  #writePart({ fd, at, chunks, keptFd }: Entry<"part">, source: JobChunks): Missing {
    let position = at;
    for (const chunk of chunks) {
      const bytes = source.take(chunk, keptFd, position);
      if (bytes === undefined) return [chunk]; // its length, and so where the next belongs, is known once it is there
      this.#write(fd, bytes, position);
      position += bytes.byteLength;
      this.#room.clear();
    }
    return [];
  }

  #writeFile(
    entry: Entry<"file">,
    path: Buffer,
    directory: string,
    source: JobChunks,
    habits: (NewFileHabits | undefined)[],
  ): Missing {
    const { parts, missing } = this.#gather(entry, path, source);
    if (missing.length > 0) return missing;
    const file = new TargetFile(entry.replaces ? freePath(directory, entry.name) : path);
    let flaw: unknown;
    try {
      let size = 0;
      for (const part of parts) {
        this.#write(file.fd, part, size);
        size += part.byteLength;
      }
      if (this.#setup.isSparse) file.complete(size);
      habits[entry.directory] ??= habitsFrom(file.fd, file.path);
      try {
        this.#metadata.writeToNewFile(file.fd, file.path, entry.metadata, habits[entry.directory]!);
      } catch (error) {
        flaw = error; // the content is good all the same
      }
      file.close();
      if (this.#setup.isVerified) proveContent(file.path, parts);
      if (entry.replaces) renameSync(file.path, path);
    } catch (error) {
      discard(file); // half a file under its name would pass for a whole one
      throw error;
    }
    if (flaw !== undefined) throw new BareEntry(flaw);
    return [];
  }

  /** All chunks of a small file before anything is written. */
  #gather(entry: Entry<"file">, path: Buffer, source: JobChunks): { parts: Uint8Array[]; missing: Missing } {
    const parts: Uint8Array[] = [];
    const missing: Missing = [];
    const keptFd = entry.replaces ? openOrNothing(path) : undefined;
    try {
      let at = 0;
      for (const chunk of entry.chunks) {
        const bytes = source.take(chunk, keptFd, at);
        if (bytes === undefined) {
          missing.push(chunk);
          break;
        }
        parts.push(bytes);
        at += bytes.byteLength;
      }
    } finally {
      if (keptFd !== undefined) closeSync(keptFd);
    }
    return { parts, missing };
  }

  #inspectAll(job: InspectJob): (readonly boolean[] | undefined)[] {
    return job.files.map((file) => {
      try {
        return inspect(pathOf(job, file), file);
      } catch (error) {
        if (systemCodeOf(error) === undefined) throw error;
        return undefined;
      }
    });
  }
}

const noneWithheld = { owners: 0, attributes: 0 };

/** The entry is there, with less than all of its metadata. */
class BareEntry extends Error {
  readonly flaw: unknown;

  constructor(flaw: unknown) {
    super("an entry without all of its metadata", { cause: flaw });
    this.flaw = flaw;
  }
}

function troubleFrom(entry: number, error: unknown): EntryTrouble {
  const [is, thrown] = error instanceof BareEntry ? (["bare", error.flaw] as const) : (["failed", error] as const);
  if (!(thrown instanceof HoldfastError) && systemCodeOf(thrown) === undefined) throw thrown;
  return { entry, is, failure: packFailure(thrown) };
}

/** Which of the chunks that should be there are. */
function inspect(path: Buffer, { at, ids, lengths }: ExpectedContent): boolean[] | undefined {
  const fd = openExisting(path);
  if (fd === undefined) return undefined;
  try {
    const buffer = Buffer.allocUnsafeSlow(lengths.reduce((longest, length) => Math.max(longest, length), 0));
    let position = at;
    return ids.map((id, chunk) => {
      const length = lengths[chunk]!;
      const found = readFully(fd, buffer.subarray(0, length), position);
      position += length;
      return found === length && toHex(sha256(buffer.subarray(0, length))) === id;
    });
  } finally {
    closeSync(fd);
  }
}

/** Reads a file that was just written back from the system. @throws ENGINE_VERIFICATION_FAILED */
function proveContent(path: Buffer, parts: readonly Uint8Array[]): void {
  const fd = openExisting(path);
  let isSame = fd !== undefined;
  if (fd !== undefined) {
    try {
      let at = 0;
      for (const part of parts) {
        const found = Buffer.allocUnsafeSlow(part.byteLength);
        isSame &&= readFully(fd, found, at) === part.byteLength && found.equals(part);
        at += part.byteLength;
      }
    } finally {
      closeSync(fd);
    }
  }
  if (!isSame) throw verificationFailed();
}

export function verificationFailed(): HoldfastError {
  return new HoldfastError(
    engineErrors.verificationFailed,
    "What was written does not read back as it was: the disk or the memory of this machine is faulty.",
  );
}

function pathOf(job: { directories: readonly string[] }, entry: { directory: number; name: string }): Buffer {
  return Buffer.from(job.directories[entry.directory]! + entry.name, "latin1");
}

/** A path for a temporary file; one that an interrupted restore left is removed. */
function freePath(directory: string, name: string): Buffer {
  const temporary = temporaryName(Buffer.from(name, "latin1"));
  const path = Buffer.concat([Buffer.from(directory, "latin1"), temporary]);
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) unlinkSync(path);
  return path;
}

function openOrNothing(path: Buffer): number | undefined {
  try {
    return openExisting(path);
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}

function discard(file: TargetFile): void {
  try {
    file.discard();
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error; // the file is gone or out of reach, so nothing is left of it
  }
}
