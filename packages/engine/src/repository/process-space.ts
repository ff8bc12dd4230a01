import { readFileSync, readlinkSync } from "node:fs";
import { systemCodeOf } from "@holdfast/base";

/**
 * Names the set of process ids that this process sees: the kernel's boot and the pid namespace. Containers often
 * share a host name and all have a process 1, so only with equal names does "no such process" prove anything.
 * Undefined where the system does not say.
 */
export function processSpace(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/** Whether a process of this id is alive in our own process space, whoever owns it. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) !== "ESRCH";
  }
}
