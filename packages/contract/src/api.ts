import { z } from "zod";
import { enrolmentToken, newEnrolmentToken, newPassword, newSignInLink, session, signInLink } from "./access.ts";
import { certificate } from "./certificates.ts";
import { device, snapshotRecord, vault } from "./devices.ts";
import { newOrganisation, organisation } from "./organisations.ts";
import { objectives, plan, planProposal, planSpec } from "./plans.ts";
import { snapshotRead } from "./relay.ts";
import type { Route } from "./route.ts";
import { newRun, run, runLogLine } from "./runs.ts";
import { displayName, entityId, hash256 } from "./shapes.ts";

const ofDevice = z.object({ deviceId: entityId });
const ofRun = z.object({ runId: entityId });
const ofCertificate = z.object({ certificateId: entityId });
const ofSnapshot = z.object({ deviceId: entityId, snapshotId: hash256 });
const page = {
  after: z.string().max(1500).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
};
const paged = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next: z.string().nullable() });

export const api = {
  health: {
    method: "GET",
    path: "/health",
    summary: "Whether the server can serve",
    permission: "public",
    answer: z.object({ ok: z.literal(true), version: z.string() }),
  },

  getSession: {
    method: "GET",
    path: "/session",
    summary: "Who is signed in",
    permission: "signed-in",
    answer: session,
  },
  setPassword: {
    method: "PUT",
    path: "/session/password",
    summary: "Set a password to sign in with, besides links",
    permission: "signed-in",
    body: newPassword,
    answer: "nothing",
  },
  createSignInLink: {
    method: "POST",
    path: "/sign-in-links",
    summary: "Make a one-time sign-in link",
    permission: "installation",
    body: newSignInLink,
    answer: signInLink,
  },

  listOrganisations: {
    method: "GET",
    path: "/organisations",
    summary: "Organisations in reach, parents first",
    permission: "read",
    answer: z.object({ items: z.array(organisation) }),
  },
  createOrganisation: {
    method: "POST",
    path: "/organisations",
    summary: "Add a reseller, client or site; the provider is made once by the installation",
    permission: "administer",
    body: newOrganisation,
    answer: organisation,
  },

  createEnrolmentToken: {
    method: "POST",
    path: "/enrolment-tokens",
    summary: "Make a token that enrols a device, keeper or gateway",
    permission: "administer",
    body: newEnrolmentToken,
    answer: enrolmentToken,
  },

  listDevices: {
    method: "GET",
    path: "/devices",
    summary: "Devices in reach, worst protection first",
    permission: "read",
    query: z.object({ organisationId: entityId.optional(), ...page }),
    answer: paged(device),
  },
  getDevice: {
    method: "GET",
    path: "/devices/:deviceId",
    summary: "One device with its plan, vault and state",
    permission: "read",
    params: ofDevice,
    answer: device,
  },

  createVault: {
    method: "POST",
    path: "/devices/:deviceId/vaults",
    summary: "Make a vault; the device makes its password and repository",
    permission: "administer",
    params: ofDevice,
    body: z.object({ name: displayName }).meta({ id: "NewVault" }),
    answer: z.object({ vault, run }),
  },
  proposePlan: {
    method: "POST",
    path: "/devices/:deviceId/proposals",
    summary: "Propose a plan from the latest assessment of these paths",
    permission: "read",
    params: ofDevice,
    body: z.object({ objectives, paths: planSpec.shape.paths }).meta({ id: "NewProposal" }),
    answer: planProposal,
  },
  bindPlan: {
    method: "PUT",
    path: "/devices/:deviceId/plan",
    summary: "Bind a plan to the device and its vault; replaces the one before",
    permission: "administer",
    params: ofDevice,
    body: z.object({ name: displayName, vaultId: entityId, proposal: planProposal }).meta({ id: "NewPlan" }),
    answer: plan,
  },

  listRuns: {
    method: "GET",
    path: "/runs",
    summary: "Runs in reach, newest first",
    permission: "read",
    query: z.object({ deviceId: entityId.optional(), ...page }),
    answer: paged(run),
  },
  getRun: {
    method: "GET",
    path: "/runs/:runId",
    summary: "One run",
    permission: "read",
    params: ofRun,
    answer: run,
  },
  getRunLog: {
    method: "GET",
    path: "/runs/:runId/log",
    summary: "What a run said while it went",
    permission: "read",
    params: ofRun,
    answer: z.object({ lines: z.array(runLogLine) }),
  },
  createRun: {
    method: "POST",
    path: "/devices/:deviceId/runs",
    summary: "Ask for a run now",
    permission: "operate",
    params: ofDevice,
    body: newRun,
    answer: run,
  },
  cancelRun: {
    method: "POST",
    path: "/runs/:runId/cancellation",
    summary: "Stop a run",
    permission: "operate",
    params: ofRun,
    answer: run,
  },

  listSnapshots: {
    method: "GET",
    path: "/devices/:deviceId/snapshots",
    summary: "Snapshots of a device, newest first",
    permission: "read",
    params: ofDevice,
    query: z.object(page),
    answer: paged(snapshotRecord),
  },
  listDirectory: {
    method: "POST",
    path: "/devices/:deviceId/snapshots/:snapshotId/listing",
    summary: "List a directory of a snapshot; sealed to the reader",
    permission: "restore",
    params: ofSnapshot,
    body: snapshotRead,
    answer: "sealed-stream",
  },
  readFile: {
    method: "POST",
    path: "/devices/:deviceId/snapshots/:snapshotId/file",
    summary: "Read one file of a snapshot; sealed to the reader",
    permission: "restore",
    params: ofSnapshot,
    body: snapshotRead,
    answer: "sealed-stream",
  },

  listCertificates: {
    method: "GET",
    path: "/devices/:deviceId/certificates",
    summary: "Drill certificates of a device, newest first",
    permission: "read",
    params: ofDevice,
    answer: z.object({ items: z.array(certificate) }),
  },
  getCertificate: {
    method: "GET",
    path: "/certificates/:certificateId",
    summary: "One certificate, as it was signed",
    permission: "read",
    params: ofCertificate,
    answer: certificate,
  },

  watchEvents: {
    method: "GET",
    path: "/events",
    summary: "Changes as they happen",
    permission: "read",
    answer: "events",
  },
} as const satisfies Record<string, Route>;

export type Api = typeof api;
export type OperationName = keyof Api;
