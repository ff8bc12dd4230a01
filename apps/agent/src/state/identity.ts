import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import { HoldfastError } from "@holdfast/base";
import { displayName, entityId, instant } from "@holdfast/contract";
import { z } from "zod";
import { agentErrors } from "../errors.ts";
import { readIfThere, writeDurably } from "./durable-file.ts";
import { ensureKey } from "./key-file.ts";
import type { PartHome } from "./part-home.ts";

const storedIdentity = z.object({
  identityId: entityId,
  kind: z.enum(["device", "keeper"]),
  name: displayName,
  serverUrl: z.url({ protocol: /^https$/ }),
  certificatePem: z.string(),
  caPem: z.string(),
  expiresAt: instant,
});

/**
 * Who this part is to its server. One file, so that it is either enrolled or not, whatever happens in between; the
 * key lies beside it because it is older than the enrolment and never leaves.
 */
export type Identity = z.infer<typeof storedIdentity>;

/** P-256, made at the first call. @throws AGENT_STATE_DAMAGED, AGENT_HOME_UNUSABLE */
export function ensureIdentityKey(home: PartHome): Promise<KeyObject> {
  return ensureKey(join(home.folder, "identity-key.pem"), "ec");
}

/** The identity, or undefined before the enrolment. @throws AGENT_STATE_DAMAGED, AGENT_HOME_UNUSABLE */
export async function readIdentity(home: PartHome): Promise<Identity | undefined> {
  const path = identityFile(home);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return storedIdentity.parse(JSON.parse(text));
  } catch (error) {
    throw new HoldfastError(agentErrors.stateDamaged, `${path} does not hold this part's identity.`, { cause: error });
  }
}

/** @throws AGENT_HOME_UNUSABLE */
export async function writeIdentity(home: PartHome, identity: Identity): Promise<void> {
  await writeDurably(identityFile(home), `${JSON.stringify(identity, undefined, 2)}\n`);
}

function identityFile(home: PartHome): string {
  return join(home.folder, "identity.json");
}
