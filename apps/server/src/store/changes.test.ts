import { silentLog, systemClock } from "@holdfast/base";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { testDatabase } from "../testing/database.ts";
import { openChangeFeed, type Change } from "./changes.ts";
import { installationScope } from "./scope.ts";
import { openStore } from "./store.ts";

const device = (): Change => ({ about: "device", deviceId: crypto.randomUUID() });

async function fed() {
  const { connection } = await testDatabase();
  const means = { connection, clock: systemClock, log: silentLog };
  const store = await openStore(means);
  const feed = await openChangeFeed(means);
  onTestFinished(async () => {
    await feed.close();
    await store.close();
  });
  const heard: (Change | "missed")[] = [];
  feed.subscribe((change) => heard.push(change));
  const announce = (change: Change, fails = false) =>
    store.transact(installationScope, async (tx) => {
      tx.unaudited("telemetry");
      tx.announce(change);
      if (fails) throw new Error("thrown away");
    });
  return { connection, heard, announce };
}

test("what is committed is heard, once, and what is thrown away is not", async () => {
  const { heard, announce } = await fed();
  const [lost, kept] = [device(), device()];
  await expect(announce(lost, true)).rejects.toThrow("thrown away");
  await announce(kept);
  await expect.poll(() => heard).toEqual([kept]);
});

test("after its connection broke, listeners learn that they may have missed something, and hear on", async () => {
  const { connection, heard, announce } = await fed();
  const client = new pg.Client(connection);
  await client.connect();
  await client.query("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %'");
  await client.end();
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["missed"]);
  const change = device();
  await announce(change);
  await expect.poll(() => heard).toEqual(["missed", change]);
});
