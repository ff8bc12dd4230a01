import http from "node:http";
import { newReaderKey, openAnswer, sealAnswer } from "@holdfast/client";
import { agentPaths, type RelayRequest } from "@holdfast/contract";
import { seededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { protectedDevice } from "../testing/protected-device.ts";
import {
  agentCall,
  enrolOver,
  installedHouse,
  testServer,
  type TestPart,
  type TestServer,
} from "../testing/running-server.ts";
import { testServices } from "../testing/services.ts";
import { openChannel, type TestChannel } from "../testing/test-channel.ts";

const describeFailure = () => ({ code: "TEST_FAILED", message: "failed", cure: "none" });

/** A snapshot in the catalogue whose vault belongs to a keeper that is really connected. */
async function readableSnapshot() {
  const server = await testServer();
  const { keeper, client, provider } = await installedHouse(server);
  const services = await testServices({ database: server.database });
  const channel = await openChannel(server.agentUrl, keeper);
  const signing = { ...keeper, keeperSigningKey: keeper.keeperSigningKey! };
  const party = {
    ...signing,
    organisationId: provider.organisationId,
    actor: { kind: "keeper" as const, id: keeper.identityId, name: keeper.name },
    scope: { kind: "organisation" as const, organisationId: provider.organisationId },
  };
  // The channel would be offered the keeper's runs; they are done here, past it.
  const { deviceId, snapshotId, vaultId } = await protectedDevice(services, party, client.organisationId, "web-7");
  return { server, services, channel, keeper, provider, params: { deviceId, snapshotId }, vaultId };
}

async function* pieces(...all: Uint8Array[]) {
  yield* all;
}

/** Answers as a keeper does: sealed to the reader, streamed over a connection of its own. */
function answer(server: TestServer, keeper: TestPart, request: RelayRequest, content: AsyncIterable<Uint8Array>) {
  const sealed = sealAnswer(request.readerKey, content, describeFailure);
  return agentCall(server, agentPaths.relay(request.relayId), sealed, keeper);
}

async function nextRelay(channel: TestChannel): Promise<RelayRequest> {
  return (await channel.next("relay")).request;
}

test("a file reaches its reader through the server, which sees neither its bytes nor what it cannot open", async () => {
  const { server, channel, keeper, params, vaultId } = await readableSnapshot();
  const reader = await newReaderKey();
  const content = Buffer.from(seededRandom(7).bytes(3_000_000));
  const body = { path: Buffer.from("srv/data/a").toString("base64url"), readerKey: reader.publicKey };
  const asking = server.api.call("readFile", { params, body });
  const request = await nextRelay(channel);
  expect(request).toMatchObject({ want: "file", vaultId, ...params, ...body, organisationName: "Client" });
  const delivering = answer(
    server,
    keeper,
    request,
    pieces(content.subarray(0, 1_000_000), content.subarray(1_000_000)),
  );
  const response = await asking;
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  const wire: Uint8Array[] = [];
  async function* watched() {
    for await (const piece of response.body!) {
      wire.push(piece);
      yield piece;
    }
  }
  const got: Uint8Array[] = [];
  for await (const piece of openAnswer(reader, watched())) got.push(piece);
  expect(Buffer.concat(got).equals(content)).toBe(true);
  expect(Buffer.concat(wire).includes(content.subarray(0, 64))).toBe(false);
  expect(await delivering).toMatchObject({ status: 204 });
});

test("without its keeper a snapshot cannot be read, and the reason is named", async () => {
  const { server, channel, params } = await readableSnapshot();
  await channel.close();
  const { publicKey } = await newReaderKey();
  const asking = server.api.call("listDirectory", { params, body: { path: "", readerKey: publicKey } });
  await expect(asking).rejects.toMatchObject({ code: "KEEPER_AWAY" });
});

test("only the keeper that was asked can answer, and only once", async () => {
  const { server, channel, keeper, provider, params } = await readableSnapshot();
  const other = await enrolOver(server, "keeper", provider.organisationId, "keeper-2");
  const reader = await newReaderKey();
  const asking = server.api.call("readFile", { params, body: { path: "", readerKey: reader.publicKey } });
  const request = await nextRelay(channel);
  expect(await answer(server, other, request, pieces(Buffer.from("forged")))).toMatchObject({ status: 404 });
  const delivering = answer(server, keeper, request, pieces(Buffer.from("true")));
  const response = await asking;
  const got: Uint8Array[] = [];
  for await (const piece of openAnswer(reader, response.body!)) got.push(piece);
  expect(Buffer.concat(got).toString()).toBe("true");
  await delivering;
  expect(await answer(server, keeper, request, pieces(Buffer.from("again")))).toMatchObject({ status: 404 });
});

test("a keeper that breaks off leaves an answer that its reader refuses", async () => {
  const { server, channel, keeper, params } = await readableSnapshot();
  const reader = await newReaderKey();
  const asking = server.api.call("readFile", { params, body: { path: "", readerKey: reader.publicKey } });
  const request = await nextRelay(channel);
  const sealed = sealAnswer(request.readerKey, pieces(Buffer.alloc(500_000, 1)), describeFailure);
  async function* cutOff() {
    let sent = 0;
    for await (const piece of sealed) {
      if ((sent += 1) > 3) throw new Error("the keeper dies");
      yield piece;
    }
  }
  agentCall(server, agentPaths.relay(request.relayId), cutOff(), keeper).catch(() => {});
  const response = await asking;
  const reading = (async () => {
    for await (const _ of openAnswer(reader, response.body!));
  })();
  await expect(reading).rejects.toThrow();
});

test("a reader who leaves stops the keeper, and one who reads slowly slows it down", async () => {
  const { server, channel, keeper, params } = await readableSnapshot();
  const reader = await newReaderKey();
  const body = JSON.stringify({ path: "", readerKey: reader.publicKey });
  const { hostname, port } = new URL(server.url);
  const headers = { authorization: `Bearer ${server.token}`, "content-type": "application/json" };
  const path = `/api/v1/devices/${params.deviceId}/snapshots/${params.snapshotId}/file`;
  const reading = http.request({ hostname, port, path, method: "POST", headers });
  const responded = new Promise<http.IncomingMessage>((resolve) => reading.once("response", resolve));
  reading.on("error", () => {});
  reading.end(body);
  const request = await nextRelay(channel);

  let given = 0;
  async function* endless() {
    for (;;) {
      given += 65_536;
      yield Buffer.alloc(65_536);
      if (given % (64 * 65_536) === 0) await new Promise((resume) => setImmediate(resume));
    }
  }
  const delivering = agentCall(server, agentPaths.relay(request.relayId), endless(), keeper);
  const ended = delivering.then(
    () => "answered",
    () => "broken",
  );
  const response = await responded;
  response.pause();
  // Nobody reads: what was given stops growing once the buffers on the way are full.
  let before = -1;
  await expect.poll(() => given === before || ((before = given), false), { interval: 300, timeout: 10_000 }).toBe(true);
  expect(given).toBeLessThan(64 * 2 ** 20);
  response.destroy();
  expect(await ended).toBe("broken");
});
