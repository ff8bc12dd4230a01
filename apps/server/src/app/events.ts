import type { ServerEvent } from "@holdfast/contract";
import type { Scope } from "../store/scope.ts";
import type { Change } from "../store/changes.ts";
import { findCertificate } from "../store/catalogue.ts";
import { findDevice } from "../store/identities.ts";
import { findRun } from "../store/runs.ts";
import { runShape } from "./run-shape.ts";
import type { Services } from "./services.ts";

/**
 * What somebody with `scope` may hear of a change: it is looked up as they would look it up, so what is out of their
 * reach stays silent.
 */
export function eventFor(services: Services, scope: Scope, change: Change): Promise<ServerEvent | undefined> {
  return services.store.read(scope, async (db): Promise<ServerEvent | undefined> => {
    switch (change.about) {
      case "run": {
        const row = await findRun(db, change.runId);
        return row === undefined ? undefined : { type: "run", run: runShape(row) };
      }
      case "device": {
        const row = await findDevice(db, change.deviceId);
        return row === undefined ? undefined : { type: "device", deviceId: change.deviceId };
      }
      case "certificate": {
        const row = await findCertificate(db, change.certificateId);
        const { deviceId, certificateId } = change;
        return row === undefined ? undefined : { type: "certificate", deviceId, certificateId };
      }
    }
  });
}
