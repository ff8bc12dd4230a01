import { hostname, userInfo } from "node:os";

/** Who holds a lock or made a key, as others read it in the repository; restic judges a lock by host and process. */
export function repositoryUser(): { hostname: string; username: string; pid: number; uid: number; gid: number } {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  return { hostname: hostname(), username: userName() ?? String(uid), pid: process.pid, uid, gid };
}

/** Undefined for a user that the machine has no name for, as in containers. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
