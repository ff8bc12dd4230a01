import { getSystemErrorName } from "node:util";

/**
 * What a call of the system that was made directly has failed with, like the errors of node:fs.
 * @param errno as the system gives it, above 0
 * @param object what it was called on, as text for people
 */
export function systemError(errno: number, syscall: string, object?: string): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  const error = new Error(`${code}: ${syscall}${object === undefined ? "" : ` '${object}'`}`);
  return Object.assign(error, { code, errno: -errno, syscall });
}
