import { hostname, userInfo } from "node:os";

/** Who holds a lock or made a key, as others read it in the repository; restic judges a lock's age by host and process. */
export function repositoryUser(): { hostname: string; username: string; pid: number; uid: number; gid: number } {
  const { username, uid, gid } = userInfo();
  return { hostname: hostname(), username, pid: process.pid, uid: Math.max(0, uid), gid: Math.max(0, gid) };
}
