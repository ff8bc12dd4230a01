/** The pages that are not part of the first load; each comes when it is first needed, or before. */
export const pages = {
  signIn: () => import("./pages/sign-in.tsx"),
  clients: () => import("./pages/clients.tsx"),
  client: () => import("./pages/client.tsx"),
  device: () => import("./pages/device.tsx"),
  setUp: () => import("./pages/set-up.tsx"),
  snapshot: () => import("./pages/snapshot.tsx"),
  runs: () => import("./pages/runs.tsx"),
  run: () => import("./pages/run.tsx"),
  certificate: () => import("./pages/certificate.tsx"),
  account: () => import("./pages/account.tsx"),
} as const;

/**
 * Fetches all of them while the browser has nothing else to do. A page that is here opens at once, and also while the
 * server is away, when it can at least say so.
 */
export function fetchPagesAhead(): void {
  const fetchAll = () => {
    for (const load of Object.values(pages)) load().catch(() => undefined); // it is asked for again when it is needed
  };
  if ("requestIdleCallback" in window) requestIdleCallback(fetchAll, { timeout: 5000 });
  else setTimeout(fetchAll, 2000);
}
