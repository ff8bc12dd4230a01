import { repositoryName } from "@holdfast/contract";
import { isFileName, type FileHandle, type FileType } from "@holdfast/storage";

/** What a URL means: the repository itself, a listing of one type, or one file. */
type Target =
  | { readonly kind: "repository" }
  | { readonly kind: "listing"; readonly type: FileType }
  | { readonly kind: "file"; readonly file: FileHandle };

export interface RequestPath {
  /** One or two folders, `acme` or `acme/web-1`. */
  readonly repository: string;
  readonly target: Target;
  readonly query: URLSearchParams;
}

const typeOfFolder: Readonly<Record<string, FileType>> = {
  data: "pack",
  index: "index",
  keys: "key",
  locks: "lock",
  snapshots: "snapshot",
};
const repositoryTarget: Target = { kind: "repository" };

/**
 * Takes a request's path apart, as it came over the wire. Undefined for everything that is not exactly one of the
 * protocol's forms; whoever sent it learns nothing more.
 *
 * Folders come first, up to the first of the reserved names, so that no repository can be called `data` or `config`.
 * What a folder may be named is narrow, and checked after decoding, so no encoding of `..` or `/` gets through.
 *
 * @see restic-format.md section 20.2
 */
export function parseRequestPath(wire: string): RequestPath | undefined {
  const queryAt = wire.indexOf("?");
  const [path, query] = queryAt < 0 ? [wire, ""] : [wire.slice(0, queryAt), wire.slice(queryAt + 1)];
  const parts = path.split("/").map(decoded);
  if (parts.shift() !== "") return undefined;

  const reservedAt = parts.findIndex(
    (part) => part === "config" || (part !== undefined && Object.hasOwn(typeOfFolder, part)),
  );
  const folders = reservedAt < 0 ? parts : parts.slice(0, reservedAt);
  const rest = reservedAt < 0 ? [] : parts.slice(reservedAt);
  if (reservedAt < 0 && folders.at(-1) === "") folders.pop(); // The slash that ends a repository's URL.

  const repository = repositoryName.safeParse(folders.join("/"));
  const target = rest.length === 0 ? repositoryTarget : targetOf(rest);
  if (!repository.success || target === undefined) return undefined;
  return { repository: repository.data, target, query: new URLSearchParams(query) };
}

function targetOf([folder, name, ...more]: readonly (string | undefined)[]): Target | undefined {
  if (folder === "config") return name === undefined ? { kind: "file", file: { type: "config", name: "" } } : undefined;
  const type = typeOfFolder[folder ?? ""];
  if (type === undefined || name === undefined || more.length > 0) return undefined;
  if (name === "") return { kind: "listing", type };
  return isFileName(name) ? { kind: "file", file: { type, name } } : undefined;
}

/** Undefined for what is no single folder or name: bad encoding, or a slash that hid in one. */
function decoded(part: string): string | undefined {
  try {
    const text = decodeURIComponent(part);
    return text.includes("/") ? undefined : text;
  } catch {
    return undefined;
  }
}
