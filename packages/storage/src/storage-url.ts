import { HoldfastError } from "@holdfast/base";
import { storageErrors } from "./errors.ts";

/** A repository address, taken apart. Secrets are apart from what may be shown. */
export type StorageUrl =
  | { readonly kind: "local"; readonly path: string }
  | {
      readonly kind: "rest";
      readonly url: URL;
      readonly user: string | undefined;
      readonly password: string | undefined;
    };

/**
 * Reads a repository address in restic's forms: a path, `local:path`, `rest:http(s)://[user:password@]host[:port]/path/`.
 *
 * @throws STORAGE_BAD_ADDRESS, which never repeats what may hold a password
 */
export function parseStorageUrl(address: string): StorageUrl {
  if (address.startsWith("rest:")) return parseRestUrl(address.slice("rest:".length));
  if (address.startsWith("local:")) return { kind: "local", path: checkedPath(address.slice("local:".length)) };
  // Two letters at least: C:\backup is a path. Whoever has a folder with a colon in its name writes `local:`.
  const scheme = /^([a-z][a-z0-9+]+):/i.exec(address)?.[1];
  if (scheme === undefined) return { kind: "local", path: checkedPath(address) };
  throw badAddress(
    `Repositories at "${scheme.toLowerCase()}:" are not supported; write "local:" before a path with a colon.`,
  );
}

function parseRestUrl(text: string): StorageUrl {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw badAddress("What follows `rest:` is not a URL.");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw badAddress("`rest:` is followed by http:// or https://.");
  if (url.search !== "" || url.hash !== "")
    throw badAddress("A `rest:` address ends with its path; it has no `?` or `#`.");
  const user = decoded(url.username);
  const password = decoded(url.password);
  url.username = "";
  url.password = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return { kind: "rest", url, user: user || undefined, password: password || undefined };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badAddress("The user name or password in the address has a `%` that is not written as `%25`.");
  }
}

function checkedPath(path: string): string {
  if (path === "" || path.includes("\0")) throw badAddress("The path of the repository is empty or has a NUL in it.");
  return path;
}

function badAddress(message: string): HoldfastError {
  return new HoldfastError(storageErrors.badAddress, message);
}
