import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Clock, HoldfastError, secondMs, silentLog, systemClock, systemRandom } from "@holdfast/base";
import type { Job } from "@holdfast/contract";
import { storageErrors } from "@holdfast/storage";
import { temporaryDirectory } from "@holdfast/testkit";
import { startPart, type PartOptions } from "./part.ts";
import type { JobTable } from "./runs/run-context.ts";
import { succeeded } from "./runs/outcome.ts";
import { openJournal } from "./state/journal.ts";
import { controlServer, type ControlServer } from "./testing/control-server.ts";

const token = "a-token-that-is-long-enough";
const runId = "018f0000-0000-7000-8000-000000000001";
const leaseId = "018f0000-0000-7000-8000-0000000000aa";
const assess: Job = { kind: "assess", paths: ["/srv"] };
const assessed = succeeded({
  kind: "assess",
  assessment: {
    paths: ["/srv"],
    measuredAtMs: 0,
    files: 1,
    directories: 1,
    otherEntries: 0,
    bytes: 10,
    largestFileBytes: 10,
    unreadable: 0,
    changedBytes: { day: 0, week: 0, month: 0 },
    sample: { bytes: 10, compressionRatio: 1, uniqueRatio: 1, bytesPerSecond: 1 },
  },
});

/**
 * Back-off without the waiting. Longer sleeps are time limits, such as for the server's welcome: a busy machine needs more
 * than a moment for that, and a part that gave up each time would never be there.
 */
const hastyClock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms < 10 * secondMs ? Math.min(ms, 20) : Math.min(ms, 3 * secondMs), signal),
};

/** A part whose jobs the test does itself. */
async function startedPart(
  server: ControlServer,
  jobs: JobTable,
  options: Partial<PartOptions> & { clock?: Clock } = {},
) {
  const home = options.home ?? (await temporaryDirectory());
  server.tokens.add(token);
  const part = await startPart(
    {
      home,
      role: "agent",
      enrolment: { serverUrl: server.url, token, caFingerprint: server.authority.fingerprint, name: "files-1" },
      work: async () => ({ jobs, runsMax: 1 }),
      ...options,
    },
    { clock: options.clock ?? systemClock, random: systemRandom, log: silentLog },
  );
  onTestFinished(() => part.stop());
  return { part, home };
}

/** A job that goes on until it is told to end, and says what ended it. */
function endlessJob() {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const jobs: JobTable = {
    assess: async (_job, run) => {
      begun.resolve();
      await new Promise((resolve) => run.signal.addEventListener("abort", resolve, { once: true }));
      ended.resolve(run.signal.reason);
      throw run.signal.reason;
    },
  };
  return { jobs, begun: begun.promise, ended: ended.promise };
}

test("a part says who it is and what it can do, takes what is offered, and repeats how it came out until it is heard", async () => {
  const server = await controlServer();
  server.isAcknowledging = false;
  const { part } = await startedPart(server, { assess: async () => assessed }, { clock: hastyClock });
  let connection = await server.connection();
  await part.ready;
  expect(connection.identityId).toBe(part.identityId);
  expect(connection.hello).toMatchObject({ capabilities: ["assess"], holding: [] });
  connection.send({ type: "offer", runId });
  expect(await connection.next("take")).toEqual({ type: "take", runId });
  connection.send({ type: "job", runId, leaseId, job: assess });
  const finished = await connection.next("finished");
  expect(finished).toEqual({ type: "finished", runId, leaseId, ...assessed });

  connection.cut(); // before it was acknowledged
  connection = await server.connection();
  expect(connection.hello.holding).toEqual([]);
  expect(await connection.next("finished")).toEqual(finished);
  connection.send({ type: "acknowledged", runId });
  connection.send({ type: "offer", runId: leaseId }); // comes after it, so the acknowledgement is through by then
  await connection.next("take");
  connection.cut();
  connection = await server.connection();
  expect(connection.received.filter((message) => message.type === "finished")).toEqual([]);
});

test("a run goes on while the server is away, and the next hello names it", async () => {
  const server = await controlServer();
  const { jobs, begun } = endlessJob();
  await startedPart(server, jobs, { clock: hastyClock });
  let connection = await server.connection();
  connection.send({ type: "offer", runId });
  await connection.next("take");
  connection.send({ type: "job", runId, leaseId, job: assess });
  await begun;
  connection.cut();
  connection = await server.connection();
  expect(connection.hello.holding).toEqual([{ runId, leaseId }]);
  expect(await connection.next("renew")).toEqual({ type: "renew", runId, leaseId });
});

test("a run whose lease was lost ends and is reported to nobody", async () => {
  const server = await controlServer();
  const { jobs, begun, ended } = endlessJob();
  const { part } = await startedPart(server, jobs);
  const connection = await server.connection();
  connection.send({ type: "offer", runId });
  await connection.next("take");
  connection.send({ type: "job", runId, leaseId, job: assess });
  await begun;
  connection.send({ type: "refused", runId, reason: "the lease ran out" });
  expect(await ended).toMatchObject({ code: "AGENT_LEASE_LOST" });
  await part.stop();
  expect(connection.received.filter((message) => message.type === "finished")).toEqual([]);
});

test("a cancelled run ends as cancelled", async () => {
  const server = await controlServer();
  const { jobs, begun } = endlessJob();
  await startedPart(server, jobs);
  const connection = await server.connection();
  connection.send({ type: "offer", runId });
  await connection.next("take");
  connection.send({ type: "job", runId, leaseId, job: assess });
  await begun;
  connection.send({ type: "cancel", runId });
  expect(await connection.next("finished")).toMatchObject({
    outcome: "cancelled",
    failure: { code: "AGENT_CANCELLED" },
  });
});

test("work that this version or role does not do is refused in the open, and what nobody asked for is not done", async () => {
  const server = await controlServer();
  await startedPart(server, { assess: async () => assessed });
  const connection = await server.connection();
  const other = { runId: "018f0000-0000-7000-8000-000000000002", leaseId };
  for (const job of [
    { kind: "format-disk", device: "/dev/sda" },
    { kind: "drill" },
    { ...assess, kind: "replicate" },
  ]) {
    connection.send({ type: "offer", runId });
    await connection.next("take");
    connection.sendText(JSON.stringify({ type: "job", ...other, job: assess })); // somebody else's: ignored
    connection.sendText(JSON.stringify({ type: "job", runId, leaseId, job }));
    expect(await connection.next("finished")).toMatchObject({
      runId,
      outcome: "failed",
      failure: { code: "AGENT_UNKNOWN_JOB" },
    });
  }
});

test("nonsense from the server neither ends the part nor its connection", async () => {
  const server = await controlServer();
  await startedPart(server, { assess: async () => assessed });
  const connection = await server.connection();
  for (const text of ["", "{", "null", "[]", '{"type":"self-destruct"}', '{"type":"offer","runId":"../../etc"}']) {
    connection.sendText(text);
  }
  connection.send({ type: "offer", runId });
  expect(await connection.next("take")).toEqual({ type: "take", runId });
});

test("the words of a failure that has no code stay on the device", async () => {
  const server = await controlServer();
  const expected = new HoldfastError(storageErrors.full, "The disk is full.", { internal: "the-secret-path" });
  for (const [thrown, failure] of [
    [new Error("the-secret-path is gone"), { code: "AGENT_UNEXPECTED" }],
    [expected, { code: "STORAGE_FULL", message: "The disk is full.", cure: storageErrors.full.cure }],
  ] as const) {
    const { part } = await startedPart(server, { assess: () => Promise.reject(thrown) });
    const connection = await server.connection();
    connection.send({ type: "offer", runId });
    await connection.next("take");
    connection.send({ type: "job", runId, leaseId, job: assess });
    expect(await connection.next("finished")).toMatchObject({ outcome: "failed", failure });
    await part.stop();
    expect(JSON.stringify(connection.received)).not.toContain("the-secret-path");
  }
});

test("one thing is done at a time, and the rest in the order offered", async () => {
  const server = await controlServer();
  const waiting: (() => void)[] = [];
  const jobs: JobTable = { assess: () => new Promise((resolve) => waiting.push(() => resolve(assessed))) };
  await startedPart(server, jobs);
  const connection = await server.connection();
  const ids = [1, 2, 3].map((number) => `018f0000-0000-7000-8000-00000000000${number}`);
  for (const id of ids) connection.send({ type: "offer", runId: id });
  for (const id of ids) {
    expect(await connection.next("take")).toEqual({ type: "take", runId: id });
    connection.send({ type: "job", runId: id, leaseId, job: assess });
    await expect.poll(() => waiting.length).toBe(1);
    expect(connection.received.filter((message) => message.type === "take").at(-1)).toEqual({
      type: "take",
      runId: id,
    });
    waiting.pop()?.();
    await connection.next("finished");
  }
});

test("an offer that is made again while its run is being taken harms nothing", async () => {
  const server = await controlServer();
  const { jobs, begun, ended } = endlessJob();
  await startedPart(server, {}, { work: async () => ({ jobs, runsMax: 2 }) });
  const connection = await server.connection();
  for (let offer = 0; offer < 3; offer += 1) connection.send({ type: "offer", runId });
  await connection.next("take");
  connection.send({ type: "offer", runId });
  connection.send({ type: "job", runId, leaseId, job: assess });
  connection.send({ type: "offer", runId });
  await begun;
  connection.send({ type: "cancel", runId }); // comes after the offers
  expect(await ended).toMatchObject({ code: "AGENT_CANCELLED" });
  expect(connection.received.filter((message) => message.type === "take")).toHaveLength(1);
});

test("progress is thinned, and log lines come in order and complete", async () => {
  const server = await controlServer();
  const jobs: JobTable = {
    assess: async (_job, run) => {
      for (let filesDone = 0; filesDone < 5000; filesDone += 1) {
        run.progress({ phase: "read", filesDone, bytesDone: 0, errors: 0, current: [] });
      }
      for (let line = 0; line < 250; line += 1) run.say("info", `line ${line}`);
      return assessed;
    },
  };
  await startedPart(server, jobs);
  const connection = await server.connection();
  connection.send({ type: "offer", runId });
  await connection.next("take");
  connection.send({ type: "job", runId, leaseId, job: assess });
  await connection.next("finished");
  const progress = connection.received.filter((message) => message.type === "progress");
  expect(progress.length).toBeGreaterThan(0);
  expect(progress.length).toBeLessThan(10);
  const lines = connection.received.flatMap((message) => (message.type === "log" ? message.lines : []));
  expect(lines.map((line) => line.text)).toEqual(Array.from({ length: 250 }, (_, line) => `line ${line}`));
});

test("a run that was going on when the process died is reported as interrupted by the next start", async () => {
  const server = await controlServer();
  const home = await temporaryDirectory();
  const { part } = await startedPart(server, {}, { home });
  await server.connection();
  await part.stop();
  const journal = openJournal(join(home, "agent", "journal.sqlite"));
  journal.begin({ runId, leaseId, kind: "backup", beganAtMs: 0 });
  journal.close(); // what kill -9 leaves; that it leaves this is shown in tests/kill

  await startedPart(server, {}, { home });
  await expect(startedPart(server, {}, { home })).rejects.toMatchObject({ code: "AGENT_HOME_IN_USE" });
  const connection = await server.connection();
  expect(connection.hello.holding).toEqual([]);
  expect(await connection.next("finished")).toMatchObject({
    runId,
    leaseId,
    outcome: "failed",
    failure: { code: "AGENT_INTERRUPTED" },
  });
});

test("a part that stops ends its run, says so, and closes the channel", async () => {
  const server = await controlServer();
  const { jobs, begun } = endlessJob();
  const { part } = await startedPart(server, jobs);
  const connection = await server.connection();
  connection.send({ type: "offer", runId });
  await connection.next("take");
  connection.send({ type: "job", runId, leaseId, job: assess });
  await begun;
  const stopped = part.stop();
  expect(await connection.next("finished")).toMatchObject({ outcome: "cancelled", failure: { code: "AGENT_STOPPED" } });
  await stopped;
});

test("a part that is refused, not answered, or cut off keeps trying and comes back by itself", async () => {
  const server = await controlServer();
  server.refuseWith = 403;
  const { part } = await startedPart(server, {}, { clock: hastyClock });
  server.refuseWith = 503;
  await systemClock.sleep(100);
  server.isWelcoming = false;
  server.refuseWith = undefined;
  await server.connection(); // heard, and left without a welcome: given up after a while
  server.isWelcoming = true;
  await server.connection();
  await part.ready;
});

test("a server that falls silent is given up after two heartbeats", async () => {
  const server = await controlServer({ heartbeatSeconds: 1 });
  await startedPart(server, {});
  const connection = await server.connection();
  await connection.next("heartbeat");
  connection.freeze();
  await server.connection(); // only a new connection shows that the part noticed
});

test("without an enrolment a part does not start, and with an expired certificate neither", async () => {
  const server = await controlServer();
  const home = await temporaryDirectory();
  await expect(startedPart(server, {}, { home, enrolment: undefined })).rejects.toMatchObject({
    code: "AGENT_NOT_ENROLLED",
  });
  const late: Clock = { ...systemClock, nowMs: () => Date.UTC(2200, 0) };
  await expect(startedPart(server, {}, { home, clock: late })).rejects.toMatchObject({
    code: "AGENT_CERTIFICATE_EXPIRED",
  });
  await startedPart(server, {}, { home });
});
