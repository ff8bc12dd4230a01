import { HoldfastError } from "@holdfast/base";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { withRepository, type Session } from "../session.ts";
import type { inspectFlags } from "../table/inspect-commands.ts";

const fileTypeOf = { packs: "pack", index: "index", snapshots: "snapshot", keys: "key", locks: "lock" } as const;
const kinds = ["blobs", ...Object.keys(fileTypeOf)];
/** So much is gathered before it is written: a repository may have millions of blobs. */
const writeChars = 64 * 1024;

/** Lists ids of one kind. */
export async function run(call: Call<typeof inspectFlags>): Promise<ExitCode> {
  const [kind = "", ...more] = call.operands;
  if (!kinds.includes(kind) || more.length > 0)
    throw new HoldfastError(cliErrors.usage, `Give one of ${kinds.join(", ")}${kind === "" ? "" : `, not "${kind}"`}.`);
  // Whoever looks for a lock that is in the way cannot take one.
  await withRepository(call, kind === "locks" ? "none" : "shared", async (session) => {
    let gathered = "";
    for await (const line of kind === "blobs"
      ? blobLines(session)
      : fileLines(session, kind as keyof typeof fileTypeOf)) {
      gathered += line;
      if (gathered.length < writeChars) continue;
      await call.terminal.writeBytes(Buffer.from(gathered));
      if (call.terminal.closed.aborted) return; // whoever reads has read enough
      gathered = "";
    }
    call.terminal.write(gathered);
  });
  return 0;
}

async function* fileLines({ repository, signal }: Session, kind: keyof typeof fileTypeOf): AsyncGenerator<string> {
  const names = (await repository.list(fileTypeOf[kind], signal)).map(({ name }) => name);
  for (const name of names.sort()) yield `${name}\n`;
}

async function* blobLines({ repository, signal }: Session): AsyncGenerator<string> {
  await repository.loadIndex(signal);
  for (const { blobs } of repository.packs()) {
    signal.throwIfAborted();
    for (const { type, id } of blobs) yield `${type} ${id}\n`;
  }
}
