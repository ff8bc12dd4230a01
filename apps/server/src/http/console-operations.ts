import * as catalogue from "../app/catalogue.ts";
import { getDevice, listDevices } from "../app/devices.ts";
import { createEnrolmentToken } from "../app/enrolment.ts";
import { createOrganisation, listOrganisations } from "../app/organisations.ts";
import { bindPlan, proposePlan } from "../app/plans.ts";
import type { RelayDesk } from "../app/relay.ts";
import { cancelRun, createRun, getRun, getRunLog, listRuns } from "../app/runs.ts";
import type { Services } from "../app/services.ts";
import { found } from "../app/services.ts";
import { createSignInLink, getSession, setPassword } from "../app/session.ts";
import { createVault } from "../app/vaults.ts";
import { serverVersion } from "../app/version.ts";
import { signedInOf } from "../authz/caller-of.ts";
import { evaluateAccess, type Caller } from "../authz/caller.ts";
import type { SignIn } from "../sign-in/sign-in.ts";
import type { ChangeFeed } from "../store/changes.ts";
import { streamEvents } from "./event-stream.ts";
import type { Operations } from "./operations.ts";
import { streamSealed } from "./sealed-stream.ts";
import type { FastifyRequest } from "fastify";

/** What the console and the command line can ask for, each brought to the use case that decides. */
export function consoleOperations(means: {
  readonly services: Services;
  readonly signIn: SignIn;
  readonly relay: RelayDesk;
  readonly feed: ChangeFeed;
  readonly consoleUrl: string;
  readonly callerOf: (request: FastifyRequest) => Promise<Caller>;
  readonly closing: AbortSignal;
}): Operations {
  const { services, signIn, relay, feed, consoleUrl } = means;
  return {
    health: async () => {
      await services.store.ping();
      return { ok: true, version: serverVersion };
    },

    getSession: ({ caller }) => getSession(services, signIn, caller),
    setPassword: async ({ caller, request, body }) => {
      const signedIn = found(await signedInOf(signIn, request), "session");
      return setPassword(services, signIn, signedIn, caller, body.password);
    },
    createSignInLink: ({ caller, body }) => createSignInLink(services, signIn, caller, consoleUrl, body.email),

    listOrganisations: ({ caller }) => listOrganisations(services, caller),
    createOrganisation: ({ caller, body }) => createOrganisation(services, caller, body),
    createEnrolmentToken: ({ caller, body }) => createEnrolmentToken(services, caller, body),

    listDevices: ({ caller, query }) => listDevices(services, caller, query),
    getDevice: ({ caller, params }) => getDevice(services, caller, params.deviceId),
    createVault: ({ caller, params, body }) => createVault(services, caller, params.deviceId, body),
    proposePlan: async ({ caller, params, body }) => {
      const { spec, reasons, expected } = await proposePlan(services, caller, params.deviceId, body);
      const { paths, excludes } = spec;
      return { spec: { ...spec, paths: [...paths], excludes: [...excludes] }, reasons: [...reasons], expected };
    },
    bindPlan: ({ caller, params, body }) => bindPlan(services, caller, params.deviceId, body),

    listRuns: ({ caller, query }) => listRuns(services, caller, query),
    getRun: ({ caller, params }) => getRun(services, caller, params.runId),
    getRunLog: ({ caller, params }) => getRunLog(services, caller, params.runId),
    createRun: ({ caller, params, body }) => createRun(services, caller, params.deviceId, body),
    cancelRun: ({ caller, params }) => cancelRun(services, caller, params.runId),

    listSnapshots: ({ caller, params, query }) => catalogue.listSnapshots(services, caller, params.deviceId, query),
    listDirectory: ({ caller, params, body, reply }) =>
      streamSealed(services, relay, caller, { ...params, ...body, want: "listing" }, reply),
    readFile: ({ caller, params, body, reply }) =>
      streamSealed(services, relay, caller, { ...params, ...body, want: "file" }, reply),

    listCertificates: ({ caller, params }) => catalogue.listCertificates(services, caller, params.deviceId),
    getCertificate: ({ caller, params }) => catalogue.getCertificate(services, caller, params.certificateId),

    watchEvents: ({ caller, request, reply }) => {
      const stillAllowed = async () => evaluateAccess(await means.callerOf(request), "read") === "allowed";
      return streamEvents(services, feed, caller, request, reply, stillAllowed, means.closing);
    },
  };
}
