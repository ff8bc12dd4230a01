import { readFileSync } from "node:fs";
import { arch, availableParallelism, hostname, platform, release, totalmem, type } from "node:os";
import type { Inventory } from "@holdfast/contract";
import { programVersion } from "./program-version.ts";

/** What this machine is, as it tells the server each time it connects. */
export function takeInventory(): Inventory {
  return {
    hostname: hostname().slice(0, 255),
    platform: platform(),
    osName: operatingSystemName().slice(0, 200),
    architecture: arch(),
    agentVersion: programVersion,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
  };
}

/** As people call it ("Debian GNU/Linux 12 (bookworm)"), or the kernel's name and release. @see os-release(5) */
function operatingSystemName(): string {
  try {
    const named = /^PRETTY_NAME=(?:"([^"]*)"|(.*))$/m.exec(readFileSync("/etc/os-release", "utf8"));
    if (named !== null) return named[1] ?? named[2] ?? "";
  } catch {
    // Not every system has the file.
  }
  return `${type()} ${release()}`;
}
