import { HoldfastError, silentLog } from "@holdfast/base";
import type { GatewayGrant, GatewayGrantRequest } from "@holdfast/contract";
import { manualClock } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { gatewayErrors } from "../errors.ts";
import { controlPlaneGrants } from "./control-plane-grants.ts";
import { tokenSha256 } from "./token-hash.ts";

const device: GatewayGrant = { appendOnly: true, read: true, quotaBytes: null };
const request = { repository: "acme/web-1", token: "a device's token" };
const wanted = { repository: "acme/web-1", appendOnly: true, mayRead: true, quotaBytes: undefined };

/** Grants over a control plane that answers as `answer` says at that moment. */
function fixture() {
  const clock = manualClock();
  const questions: GatewayGrantRequest[] = [];
  const server = { answer: device as GatewayGrant | undefined | "away" };
  const grants = controlPlaneGrants(
    {
      async grantOf(question) {
        questions.push(question);
        if (server.answer === "away") throw new HoldfastError(gatewayErrors.grantsAway, "away");
        return server.answer;
      },
      close: () => {},
    },
    { clock, log: silentLog },
  );
  return { clock, questions, server, grants };
}

test("the control plane is asked with the token's hash, never the token", async () => {
  const { grants, questions } = fixture();
  expect(await grants.authorise(request)).toEqual(wanted);
  expect(questions).toEqual([{ repository: "acme/web-1", tokenSha256: tokenSha256(request.token) }]);
  expect(JSON.stringify(questions)).not.toContain(request.token);
});

test("without a token nobody is asked", async () => {
  const { grants, questions } = fixture();
  expect(await grants.authorise({ repository: "acme/web-1", token: undefined })).toBeUndefined();
  expect(questions).toEqual([]);
});

test("an answer holds for less than 5 seconds, so that a revoked token stops working", async () => {
  const { grants, server, clock, questions } = fixture();
  await grants.authorise(request);
  server.answer = undefined;
  clock.advanceMs(4999);
  expect(await grants.authorise(request)).toEqual(wanted);
  expect(questions).toHaveLength(1);
  clock.advanceMs(1);
  expect(await grants.authorise(request)).toBeUndefined();
});

test("a refusal holds as long, so that guessing does not reach the control plane", async () => {
  const { grants, server, clock, questions } = fixture();
  server.answer = undefined;
  for (let guess = 0; guess < 10; guess += 1) expect(await grants.authorise(request)).toBeUndefined();
  expect(questions).toHaveLength(1);
  server.answer = device;
  clock.advanceMs(5000);
  expect(await grants.authorise(request)).toEqual(wanted);
});

test("requests that arrive together are answered by one question", async () => {
  const { grants, questions } = fixture();
  const answers = await Promise.all(Array.from({ length: 50 }, () => grants.authorise(request)));
  expect(answers).toEqual(answers.map(() => wanted));
  expect(questions).toHaveLength(1);
});

test("one token's answer is not another's, nor another repository's", async () => {
  const { grants, server } = fixture();
  await grants.authorise(request);
  server.answer = undefined;
  expect(await grants.authorise({ ...request, token: "another" })).toBeUndefined();
  expect(await grants.authorise({ ...request, repository: "acme/web-2" })).toBeUndefined();
  expect(await grants.authorise(request)).toEqual(wanted);
});

test("while the control plane is away a known token goes on for an hour, and no longer", async () => {
  const { grants, server, clock, questions } = fixture();
  await grants.authorise(request);
  server.answer = "away";
  clock.advanceMs(60 * 60_000 - 1);
  expect(await grants.authorise(request)).toEqual(wanted);
  expect(await grants.authorise(request)).toEqual(wanted);
  expect(questions, "a server that is away is not asked at every request").toHaveLength(2);
  clock.advanceMs(5000);
  await expect(grants.authorise(request)).rejects.toMatchObject({ code: gatewayErrors.grantsAway.code });
});

test("while it is away an unknown token is neither let in nor refused for good", async () => {
  const { grants, server } = fixture();
  server.answer = "away";
  await expect(grants.authorise(request)).rejects.toMatchObject({ kind: "unavailable" });
  server.answer = device;
  expect(await grants.authorise(request)).toEqual(wanted);
});

test("a token revoked before the control plane went away stays revoked", async () => {
  const { grants, server, clock } = fixture();
  await grants.authorise(request);
  clock.advanceMs(5000);
  server.answer = undefined;
  expect(await grants.authorise(request)).toBeUndefined();
  server.answer = "away";
  clock.advanceMs(5000);
  await expect(grants.authorise(request)).rejects.toMatchObject({ code: gatewayErrors.grantsAway.code });
});
