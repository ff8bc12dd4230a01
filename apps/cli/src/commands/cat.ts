import { createHash } from "node:crypto";
import { HoldfastError } from "@holdfast/base";
import { blobTypes, engineErrors, findFile, findSnapshot, findTree, parseId } from "@holdfast/engine/repository";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { indentJson } from "../output/indent-json.ts";
import { withRepository, type Session } from "../session.ts";
import { parseSnapshotOperand } from "../snapshot-operand.ts";
import type { inspectFlags } from "../table/inspect-commands.ts";

type CatCall = Call<typeof inspectFlags>;
/** Prints one thing; `id` is as typed, and empty where there is only one of the kind. */
type Printer = (call: CatCall, session: Session, id: string) => Promise<void>;

/** Kinds of which there is one: no id is given. */
const alone: Readonly<Record<string, Printer>> = {
  masterkey: async ({ terminal }, { repository }) =>
    terminal.write(`${indentJson(textOf(repository.keys.masterKeyJson()))}\n`),
  config: async ({ terminal }, { repository }) => {
    const { version, id, chunkerPolynomial } = repository;
    terminal.write(
      `${JSON.stringify({ version, id, chunker_polynomial: chunkerPolynomial.toString(16) }, undefined, 2)}\n`,
    );
  },
};

const named: Readonly<Record<string, Printer>> = {
  snapshot: (...args) => catFile("snapshot", ...args),
  lock: (...args) => catFile("lock", ...args),
  index: (...args) => catFile("index", ...args),
  key: catKey,
  pack: catPack,
  blob: catBlob,
  tree: catTree,
};

/** Prints what a file or blob of the repository says. */
export async function run(call: CatCall): Promise<ExitCode> {
  const [kind = "", id, ...more] = call.operands;
  const print = id === undefined ? alone[kind] : named[kind];
  if (print === undefined || more.length > 0) throw new HoldfastError(cliErrors.usage, usageText(kind));
  await withRepository(call, "shared", (session) => print(call, session, id ?? ""));
  return 0;
}

function usageText(kind: string): string {
  if (kind in named) return `Give one id of a ${kind}.`;
  if (kind in alone) return `There is only one ${kind}; give no id.`;
  return `Give one of ${[...Object.keys(alone), ...Object.keys(named)].join(", ")}, and its id.`;
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** An index may be megabytes: it stays on one line, as restic prints it. */
async function catFile(
  type: "snapshot" | "lock" | "index",
  { terminal }: CatCall,
  { repository, signal }: Session,
  text: string,
): Promise<void> {
  const id = await findFile(repository, type, text, signal);
  const json = textOf(await repository.loadUnpacked(type, id, signal));
  terminal.write(`${escaped((type === "index" ? json : indentJson(json)).trimEnd())}\n`);
}

/** The same JSON, without characters that a terminal obeys or that turn a line's direction. */
function escaped(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === "\n" || character === "\t") return character;
    return Array.from({ length: character.length }, (_, at) => unit(character.charCodeAt(at))).join("");
  });
}

const unit = (code: number) => `\\u${code.toString(16).padStart(4, "0")}`;

/**
 * What is secret in a key file is encrypted; the rest anybody may have written who reaches the storage, so nothing of
 * it reaches a terminal but plain characters.
 */
async function catKey({ terminal }: CatCall, { repository, signal }: Session, text: string): Promise<void> {
  const name = await findFile(repository, "key", text, signal);
  const json = textOf(await repository.storage.read({ type: "key", name }, undefined, signal));
  try {
    JSON.parse(json);
  } catch (cause) {
    throw new HoldfastError(engineErrors.keyDamaged, `The key file ${name} is not JSON.`, { cause });
  }
  terminal.write(`${indentJson(json).replace(/[\u007f-\uffff]/g, (character) => unit(character.charCodeAt(0)))}\n`);
}

async function catPack({ terminal }: CatCall, { repository, signal }: Session, text: string): Promise<void> {
  const name = await findFile(repository, "pack", text, signal);
  const hash = createHash("sha256");
  for await (const piece of repository.storage.stream({ type: "pack", name }, undefined, signal)) {
    hash.update(piece);
    await terminal.writeBytes(piece);
  }
  if (hash.digest("hex") !== name)
    terminal.writeError("holdfast: warning: the pack's hash is not its name; it is damaged\n");
}

async function catBlob({ terminal }: CatCall, { repository, signal }: Session, text: string): Promise<void> {
  const id = parseId(text);
  await repository.loadIndex(signal);
  const type = blobTypes.find((each) => repository.has(each, id)) ?? "data";
  await terminal.writeBytes(await repository.loadBlob(type, id, signal));
}

async function catTree({ terminal }: CatCall, { repository, signal }: Session, text: string): Promise<void> {
  const { id, folder } = parseSnapshotOperand(text);
  const snapshot = await findSnapshot(repository, id, {}, signal);
  await repository.loadIndex(signal);
  const tree = await findTree(repository, snapshot.tree, folder, signal);
  await terminal.writeBytes(await repository.loadBlob("tree", tree, signal));
}
