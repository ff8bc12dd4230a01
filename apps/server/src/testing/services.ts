import { silentLog } from "@holdfast/base";
import { manualClock, seededRandom, temporaryDirectory, type ManualClock } from "@holdfast/testkit";
import { onTestFinished } from "vitest";
import type { Services } from "../app/services.ts";
import { openAuthority } from "../pki/authority.ts";
import { openStore } from "../store/store.ts";
import { testDatabase, type TestDatabase } from "./database.ts";

export interface TestServices extends Services {
  readonly clock: ManualClock;
  readonly database: TestDatabase;
}

/** What use cases work with, on a real database, fresh unless one is given, with time and chance that the test owns. */
export async function testServices(
  options: { seed?: number; copyPlaces?: readonly string[]; database?: TestDatabase } = {},
): Promise<TestServices> {
  const database = options.database ?? (await testDatabase());
  const clock = manualClock();
  const store = await openStore({ connection: database.connection, clock, log: silentLog });
  onTestFinished(() => store.close());
  return {
    store,
    clock,
    database,
    random: seededRandom(options.seed ?? 1),
    log: silentLog,
    authority: await openAuthority(await temporaryDirectory(), clock),
    agentUrl: "https://127.0.0.1:8601",
    gatewayUrl: "https://127.0.0.1:8602",
    gatewayNames: [],
    copyPlaces: options.copyPlaces ?? ["offsite"],
  };
}
