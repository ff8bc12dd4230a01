import { dayMs } from "@holdfast/base";
import type { Services } from "../app/services.ts";
import { serverActor } from "../store/audit.ts";
import { installationScope } from "../store/scope.ts";
import { deleteOldTokens } from "../store/vaults.ts";

/** Kept a while after they end, for whoever looks into what happened. */
const keptMs = 7 * dayMs;

/** Forgets tokens that ended long ago. */
export async function forgetOldTokens(services: Services): Promise<void> {
  const before = new Date(services.clock.nowMs() - keptMs);
  await services.store.transact(installationScope, async (tx) => {
    const tokens = await deleteOldTokens(tx, before);
    if (tokens === 0) return tx.unaudited("no change");
    tx.audit({
      by: serverActor,
      action: "tokens.forgotten",
      subject: { kind: "installation", id: "installation" },
      organisationId: null,
      detail: { tokens },
    });
  });
}
