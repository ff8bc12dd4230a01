import { HoldfastError, minuteMs, secondMs } from "@holdfast/base";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { sessionQuery } from "./api/queries.ts";
import { isSignedOut } from "./api/signed-out.ts";
import { isOwnPath } from "./own-path.ts";
import { DevicesPage } from "./pages/devices.tsx";
import { pages } from "./pages.ts";
import { Broken, NowherePage } from "./pages/not-found.tsx";
import { Shell } from "./parts/shell.tsx";

/** Answers are true until an event says otherwise; the short time limit is for a page without a live line. */
export const cache = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => void leaveWhenSignedOut(error) }),
  mutationCache: new MutationCache({ onError: (error) => void leaveWhenSignedOut(error) }),
  defaultOptions: {
    queries: {
      staleTime: 30 * secondMs,
      gcTime: 10 * minuteMs,
      retry: (failures, error) => error instanceof HoldfastError && error.retryable && failures < 2,
    },
  },
});

const root = createRootRouteWithContext<{ cache: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NowherePage,
  errorComponent: ({ error, reset }) => <Broken error={error} onRetry={reset} />,
});

// A parameter that does not pass is set to undefined, not left out: the router would fill it in from the address.
const signInRoute = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: lazyRouteComponent(pages.signIn, "SignInPage"),
  validateSearch: ({ next, error }: Record<string, unknown>): { next?: string; error?: string } => ({
    next: typeof next === "string" && isOwnPath(next) ? next : undefined,
    error: typeof error === "string" ? error : undefined,
  }),
});

/** Everything behind the sign-in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.cache.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      throw redirect({ to: "/sign-in", search: location.pathname === "/" ? {} : { next: location.href } });
    }
  },
});

const devicesRoute = createRoute({ getParentRoute: () => inside, path: "/", component: DevicesPage });
const clientsRoute = createRoute({
  getParentRoute: () => inside,
  path: "/clients",
  component: lazyRouteComponent(pages.clients, "ClientsPage"),
});
const clientRoute = createRoute({
  getParentRoute: () => inside,
  path: "/clients/$organisationId",
  component: lazyRouteComponent(pages.client, "ClientPage"),
});
const deviceRoute = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$deviceId",
  component: lazyRouteComponent(pages.device, "DevicePage"),
});
const setUpRoute = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$deviceId/set-up",
  component: lazyRouteComponent(pages.setUp, "SetUpPage"),
});
const snapshotRoute = createRoute({
  getParentRoute: () => inside,
  path: "/devices/$deviceId/snapshots/$snapshotId",
  component: lazyRouteComponent(pages.snapshot, "SnapshotPage"),
  validateSearch: ({ path }: Record<string, unknown>): { path?: string } => ({
    path: typeof path === "string" ? path : undefined,
  }),
});
const runsRoute = createRoute({
  getParentRoute: () => inside,
  path: "/runs",
  component: lazyRouteComponent(pages.runs, "RunsPage"),
});
const runRoute = createRoute({
  getParentRoute: () => inside,
  path: "/runs/$runId",
  component: lazyRouteComponent(pages.run, "RunPage"),
});
const certificateRoute = createRoute({
  getParentRoute: () => inside,
  path: "/certificates/$certificateId",
  component: lazyRouteComponent(pages.certificate, "CertificatePage"),
});
const accountRoute = createRoute({
  getParentRoute: () => inside,
  path: "/account",
  component: lazyRouteComponent(pages.account, "AccountPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signInRoute,
    inside.addChildren([
      devicesRoute,
      clientsRoute,
      clientRoute,
      deviceRoute,
      setUpRoute,
      snapshotRoute,
      runsRoute,
      runRoute,
      certificateRoute,
      accountRoute,
    ]),
  ]),
  context: { cache },
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** A refusal may mean that the session ended elsewhere; then the sign-in page leads back to where one was. */
async function leaveWhenSignedOut(error: Error): Promise<void> {
  const { pathname, href } = router.state.location;
  if (!isSignedOut(error) || pathname === "/sign-in") return;
  try {
    await cache.fetchQuery({ ...sessionQuery, staleTime: 0 });
  } catch (sessionError) {
    // When the server went away meanwhile, the page says so itself; and several refusals come at once.
    if (!isSignedOut(sessionError) || router.state.location.pathname === "/sign-in") return;
    await router.navigate({ to: "/sign-in", search: { next: href } });
    cache.clear();
  }
}
