import { api, type OperationName, type Route } from "@holdfast/contract";
import { hashOf, testAssessment, testPaths } from "./protected-device.ts";

/** The ids that a request can name; each may be one's own, somebody else's, or nobody's. */
export interface Named {
  readonly organisationId: string;
  readonly deviceId: string;
  readonly vaultId: string;
  readonly planId: string;
  readonly runId: string;
  readonly snapshotId: string;
  readonly certificateId: string;
}

/** Ids in the right form that nothing has. */
export function nobodys(): Named {
  const id = () => crypto.randomUUID();
  return {
    organisationId: id(),
    deviceId: id(),
    vaultId: id(),
    planId: id(),
    runId: id(),
    snapshotId: hashOf(id()),
    certificateId: id(),
  };
}

const spec = {
  paths: testPaths,
  excludes: [],
  objectives: { rpoMinutes: 1440, rtoMinutes: 240 },
  backupEveryMinutes: 720,
  fullEveryDays: 7,
  copies: 1,
  drillEveryDays: 7,
  retention: { keepDaily: 1, keepWeekly: 1, keepMonthly: 1 },
};
const expected = { firstBackupSeconds: 1, firstStoredBytes: 1, dailyStoredBytes: 1, restoreSeconds: 1 };
const read = { path: "", readerKey: "A".repeat(87) };

/** Bodies of every operation that takes one, well formed; several where an operation has several ways to name things. */
function bodies(named: Named): Partial<Record<OperationName, object[]>> {
  const { organisationId, vaultId, planId, snapshotId } = named;
  const runs = [
    { kind: "assess", paths: testAssessment().paths },
    { kind: "backup", planId, technology: "full" },
    { kind: "replicate", planId },
    { kind: "drill", planId },
    { kind: "drill", planId, snapshotId },
  ];
  return {
    setPassword: [{ password: "four plain words together" }],
    createSignInLink: [{ email: "ann@provider.test" }],
    createOrganisation: [
      { kind: "client", name: "New", parentId: organisationId },
      { kind: "site", name: "New", parentId: organisationId },
    ],
    createEnrolmentToken: [
      { kind: "device", organisationId, expiresInMinutes: 5, uses: 1 },
      { kind: "keeper", organisationId, expiresInMinutes: 5, uses: 1 },
    ],
    createVault: [{ name: "Another" }],
    proposePlan: [{ objectives: spec.objectives, paths: testPaths }],
    bindPlan: [{ name: "Plan", vaultId, proposal: { spec, reasons: [], expected } }],
    createRun: runs,
    listDirectory: [read],
    readFile: [read],
  };
}

const queries: Partial<Record<OperationName, (named: Named) => string[]>> = {
  listDevices: ({ organisationId }) => [`?organisationId=${organisationId}`],
  listRuns: ({ deviceId }) => [`?deviceId=${deviceId}`],
};

export interface ApiRequest {
  readonly operation: OperationName;
  readonly route: Route;
  readonly path: string;
  readonly init: RequestInit;
}

/** Every operation of the contract as requests that name `named` in addresses, queries and bodies. */
export function apiRequests(named: Named): ApiRequest[] {
  const bodyOf = bodies(named);
  return (Object.entries(api) as [OperationName, Route][]).flatMap(([operation, route]) => {
    const address = `/api/v1${route.path.replace(/:(\w+)/g, (_, name: string) => named[name as keyof Named])}`;
    const { method } = route;
    return (queries[operation]?.(named) ?? [""]).flatMap((query) =>
      (bodyOf[operation] ?? [undefined]).map((body) => ({
        operation,
        route,
        path: address + query,
        init: body === undefined ? { method } : { method, body: JSON.stringify(body) },
      })),
    );
  });
}
