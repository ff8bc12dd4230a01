import { text } from "node:stream/consumers";
import { HoldfastError } from "@holdfast/base";
import type { Environment } from "./environment.ts";
import { cliErrors } from "./errors.ts";
import { readTextFile } from "./text-file.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The environment of a part with what its flags say instead; flags that were not given change nothing. */
export function withSettings(environment: Environment, settings: Variables): Variables {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined && value !== "");
  return { ...environment.variables, ...Object.fromEntries(given) };
}

interface EnrolmentFlags {
  readonly server: string | undefined;
  readonly tokenFile: string | undefined;
  readonly tokenStdin: boolean;
  readonly caFingerprint: string | undefined;
  readonly name: string | undefined;
}

/** What the flags say about an enrolment, under the names of the environment. @throws CLI_USAGE, CLI_UNREADABLE_FILE */
export async function enrolmentSettings(flags: EnrolmentFlags): Promise<Variables> {
  if (flags.tokenFile !== undefined && flags.tokenStdin) {
    throw new HoldfastError(cliErrors.usage, "Give --token-file or --token-stdin, not both.");
  }
  const token = flags.tokenStdin
    ? await text(process.stdin)
    : flags.tokenFile === undefined
      ? undefined
      : await readTextFile(flags.tokenFile);
  return {
    HOLDFAST_SERVER_URL: flags.server,
    HOLDFAST_ENROLMENT_TOKEN: token?.trim(),
    HOLDFAST_CA_FINGERPRINT: flags.caFingerprint,
    HOLDFAST_NAME: flags.name,
  };
}

/**
 * Makes the end of standard input a request to stop. A child whose parent was killed notices it this way, on every
 * system, and stops as cleanly as if it had been told.
 */
export function stopWhenStdinEnds(wanted: boolean): void {
  if (!wanted) return;
  process.stdin.once("close", () => process.kill(process.pid, "SIGTERM"));
  process.stdin.resume();
  process.stdin.unref(); // listening for the end is no reason to stay
}
