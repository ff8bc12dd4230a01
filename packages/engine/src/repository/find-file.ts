import { HoldfastError } from "@holdfast/base";
import type { FileType } from "@holdfast/storage";
import { engineErrors } from "../errors.ts";
import { isId, type Id } from "../id.ts";
import type { Repository } from "./repository.ts";

/**
 * The file of a type that a person means by the first digits of its id.
 * @throws ENGINE_NO_SUCH_FILE, ENGINE_AMBIGUOUS_ID
 */
export async function findFile(
  repository: Repository,
  type: Exclude<FileType, "config">,
  text: string,
  signal?: AbortSignal,
): Promise<Id> {
  const ids = (await repository.list(type, signal)).map((entry) => entry.name).filter(isId);
  const [found, another] = ids.filter((id) => text !== "" && id.startsWith(text));
  if (found === undefined)
    throw new HoldfastError(engineErrors.noSuchFile, `No ${type} file has the id "${text.slice(0, 80)}".`);
  if (another !== undefined)
    throw new HoldfastError(engineErrors.ambiguousId, `Several ${type} files have ids that begin with "${text}".`);
  return found;
}
