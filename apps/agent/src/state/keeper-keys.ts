import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import { ensureKey } from "./key-file.ts";
import type { PartHome } from "./part-home.ts";

/** What makes a keeper a keeper: it opens vaults with one key and signs certificates with the other. */
export interface KeeperKeys {
  /** X25519; devices seal vault passwords to it. */
  readonly sealing: KeyObject;
  /** Ed25519. */
  readonly signing: KeyObject;
}

/** The keeper's keys, made at its first start. @throws AGENT_STATE_DAMAGED, AGENT_HOME_UNUSABLE */
export async function ensureKeeperKeys(home: PartHome): Promise<KeeperKeys> {
  return {
    sealing: await ensureKey(join(home.folder, "sealing-key.pem"), "x25519"),
    signing: await ensureKey(join(home.folder, "signing-key.pem"), "ed25519"),
  };
}
