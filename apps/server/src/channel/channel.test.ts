import { expect, test } from "vitest";
import { hashOf, testAssessment, testPaths } from "../testing/protected-device.ts";
import { testInventory } from "../testing/parties.ts";
import { enrolOver, installedHouse, testServer, type TestServer } from "../testing/running-server.ts";
import { openChannel, type TestChannel } from "../testing/test-channel.ts";

const assessed = { kind: "assess" as const, assessment: testAssessment() };

async function house() {
  const server = await testServer();
  return { server, ...(await installedHouse(server)) };
}

/** Asks for an assessment of the device, which is then on offer. */
function askForAssessment(server: TestServer, deviceId: string, paths = testPaths) {
  return server.api.call("createRun", { params: { deviceId }, body: { kind: "assess", paths } });
}

async function taken(channel: TestChannel) {
  const { runId } = await channel.next("offer");
  channel.send({ type: "take", runId });
  const { leaseId, job } = await channel.next("job");
  return { runId, leaseId, job };
}

const getRun = (server: TestServer, runId: string) => server.api.call("getRun", { params: { runId } });

test("a run goes from asked for to succeeded, and every step is seen", async () => {
  const { server, device } = await house();
  const channel = await openChannel(server.agentUrl, device);
  const asked = await askForAssessment(server, device.identityId);
  expect(asked).toMatchObject({ state: "queued", kind: "assess", requestedBy: "installation" });

  const { runId, leaseId, job } = await taken(channel);
  expect(runId).toBe(asked.runId);
  expect(job).toEqual({ kind: "assess", paths: testPaths });
  expect((await getRun(server, runId)).state).toBe("taken");

  const held = { runId, leaseId };
  const progress = { phase: "walk", filesDone: 10, bytesDone: 1000, errors: 0, current: ["/srv/data/a"] };
  channel.send({ type: "progress", ...held, progress });
  const lines = [{ at: "2026-01-01T00:00:00Z", level: "info" as const, text: "walking\u0000" }];
  channel.send({ type: "log", ...held, lines });
  channel.send({ type: "finished", ...held, outcome: "succeeded", result: assessed, failure: null });
  expect(await channel.next("acknowledged")).toEqual({ type: "acknowledged", runId });

  const over = await getRun(server, runId);
  expect(over).toMatchObject({ state: "succeeded", progress, result: assessed, failure: null });
  const log = await server.api.call("getRunLog", { params: { runId } });
  expect(log.lines.map((line) => line.text)).toEqual(["walking\uFFFD"]);
});

test("a report that is repeated is acknowledged again and changes nothing; one with another lease is refused", async () => {
  const { server, device } = await house();
  const channel = await openChannel(server.agentUrl, device);
  await askForAssessment(server, device.identityId);
  const { runId, leaseId } = await taken(channel);
  const finished = { type: "finished", runId, leaseId, outcome: "succeeded", result: assessed, failure: null } as const;
  channel.send(finished);
  await channel.next("acknowledged");
  const before = await getRun(server, runId);
  channel.send({ ...finished, outcome: "failed", result: null, failure: { code: "X", message: "x", cure: "x" } });
  await channel.next("acknowledged");
  expect(await getRun(server, runId)).toEqual(before);
  channel.send({ ...finished, leaseId: crypto.randomUUID() });
  expect(await channel.next("refused")).toMatchObject({ runId });
  channel.send({ type: "renew", runId, leaseId });
  expect(await channel.next("refused")).toMatchObject({ runId });
  expect(await getRun(server, runId)).toEqual(before);
});

test("of two channels that reach for the same run, one gets it", async () => {
  const { server, device } = await house();
  const channel = await openChannel(server.agentUrl, device);
  const { runId } = await askForAssessment(server, device.identityId);
  await channel.next("offer");
  for (let times = 0; times < 5; times += 1) channel.send({ type: "take", runId });
  await channel.next("job");
  for (let times = 0; times < 4; times += 1) await channel.next("refused");
  expect(channel.unread.filter((message) => message.type === "job")).toEqual([]);
});

test("a part takes only what is its own, and learns nothing of what is not", async () => {
  const { server, client, device, keeper } = await house();
  const other = await enrolOver(server, "device", client.organisationId, "web-2");
  const { runId } = await askForAssessment(server, device.identityId);
  for (const part of [other, keeper]) {
    const channel = await openChannel(server.agentUrl, part);
    const answers: string[] = [];
    for (const wanted of [runId, crypto.randomUUID()]) {
      channel.send({ type: "take", runId: wanted });
      answers.push((await channel.next("refused")).reason);
    }
    expect(new Set(answers).size).toBe(1);
    expect(channel.unread).toEqual([]);
  }
});

test("a cancelled run is told to stop, and ends as its holder says", async () => {
  const { server, device } = await house();
  const channel = await openChannel(server.agentUrl, device);
  await askForAssessment(server, device.identityId);
  const { runId, leaseId } = await taken(channel);
  await server.api.call("cancelRun", { params: { runId } });
  expect(await channel.next("cancel")).toEqual({ type: "cancel", runId });
  const failure = { code: "AGENT_CANCELLED", message: "cancelled", cure: "ask again" };
  channel.send({ type: "finished", runId, leaseId, outcome: "cancelled", result: null, failure });
  await channel.next("acknowledged");
  expect(await getRun(server, runId)).toMatchObject({ state: "cancelled", failure });
  await expect(server.api.call("cancelRun", { params: { runId } })).rejects.toMatchObject({ code: "RUN_OVER" });
});

test("a cancelled run that nobody took is over at once and never handed out", async () => {
  const { server, device } = await house();
  const { runId } = await askForAssessment(server, device.identityId);
  expect(await server.api.call("cancelRun", { params: { runId } })).toMatchObject({ state: "cancelled" });
  const channel = await openChannel(server.agentUrl, device);
  channel.send({ type: "take", runId });
  expect(await channel.next("refused")).toMatchObject({ runId });
});

test("a part that comes back holding a run goes on with it; a hold that is not valid any more is refused", async () => {
  const { server, device } = await house();
  const first = await openChannel(server.agentUrl, device);
  await askForAssessment(server, device.identityId);
  const { runId, leaseId } = await taken(first);
  first.terminate();
  const stale = { runId: crypto.randomUUID(), leaseId };
  const second = await openChannel(server.agentUrl, device, { holding: [{ runId, leaseId }, stale] });
  expect(await second.next("refused")).toMatchObject({ runId: stale.runId });
  second.send({ type: "finished", runId, leaseId, outcome: "succeeded", result: assessed, failure: null });
  await second.next("acknowledged");
  expect((await getRun(server, runId)).state).toBe("succeeded");
});

test("what waits is offered when a part connects, and only to a part that can do it", async () => {
  const { server, device } = await house();
  const { runId } = await askForAssessment(server, device.identityId);
  const unable = await openChannel(server.agentUrl, device, { capabilities: ["backup"] });
  unable.send({ type: "heartbeat" });
  const able = await openChannel(server.agentUrl, device);
  expect(await able.next("offer")).toEqual({ type: "offer", runId });
  expect(unable.unread).toEqual([]);
  expect(await unable.closed).toEqual({ code: 4001 });
});

test("frames that are no messages end the channel, and so does a flood of them", async () => {
  const { server, device } = await house();
  const broken = [
    "",
    "not json",
    "[]",
    '{"type":"unknown"}',
    '{"type":"take"}',
    `{"type":"hello","x":"${"y".repeat(99)}"}`,
  ];
  for (const frame of broken) {
    const channel = await openChannel(server.agentUrl, device);
    channel.sendRaw(frame);
    expect(await channel.closed, frame).toEqual({ code: 1002 });
  }
  const early = await openChannel(server.agentUrl, device, "silent");
  early.send({ type: "heartbeat" });
  expect(await early.closed).toEqual({ code: 1002 });

  const flooding = await openChannel(server.agentUrl, device);
  for (let times = 0; times < 2000; times += 1) flooding.send({ type: "heartbeat" });
  expect(await flooding.closed).toEqual({ code: 1008 });

  const large = await openChannel(server.agentUrl, device);
  large.sendRaw(`{"type":"heartbeat","x":"${"y".repeat(2 ** 20)}"}`);
  expect(await large.closed).toEqual({ code: 1009 });

  // The server is as it was: the same part connects and is welcomed.
  await openChannel(server.agentUrl, device);
});

test("the channel is closed to whoever has no certificate of this installation", async () => {
  const { server, provider, device, keeper } = await house();
  const other = await testServer();
  const theirs = await installedHouse(other);
  const { ca } = device.tls;
  const gateway = await enrolOver(server, "gateway", provider.organisationId, "gateway-1");
  const strangers = [
    { ...device, tls: { ca, cert: theirs.device.tls.cert, key: theirs.device.tls.key } }, // of another installation
    { ...device, tls: { ca } as typeof device.tls }, // without one
    gateway, // gateways have no channel
  ];
  for (const stranger of strangers) {
    await expect(openChannel(server.agentUrl, stranger, "silent")).rejects.toThrow("401");
  }
  await openChannel(server.agentUrl, keeper);
});

test("what a device says of itself is shown, and that it is connected only while it is", async () => {
  const { server, device } = await house();
  const params = { deviceId: device.identityId };
  const channel = await openChannel(server.agentUrl, device);
  expect(await server.api.call("getDevice", { params })).toMatchObject({
    connected: true,
    inventory: testInventory,
    protection: { state: "unprotected" },
  });
  await channel.close();
  await expect.poll(async () => (await server.api.call("getDevice", { params })).connected).toBe(false);
});

test("a device that reports the result of other work than it was given has failed", async () => {
  const { server, device } = await house();
  const channel = await openChannel(server.agentUrl, device);
  await askForAssessment(server, device.identityId);
  const { runId, leaseId } = await taken(channel);
  const result = { kind: "prepare-vault" as const, repositoryId: hashOf("forged") };
  channel.send({
    type: "finished",
    runId,
    leaseId,
    outcome: "succeeded",
    result,
    failure: null,
    sealedPassword: "QQ==",
  });
  await channel.next("acknowledged");
  expect(await getRun(server, runId)).toMatchObject({
    state: "failed",
    result: null,
    failure: { code: "RUN_BAD_REPORT" },
  });
});
