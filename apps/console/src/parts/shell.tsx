import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useRef } from "react";
import { fetchPagesAhead } from "../pages.ts";
import { sessionQuery } from "../api/queries.ts";
import { useLive } from "../api/use-live.ts";
import { Brand } from "./brand.tsx";
import { visibleText } from "../visible-text.ts";
import { DownloadTray } from "./download-tray.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { LiveBanner, LiveSign } from "./live-status.tsx";
import { NextTheme } from "./next-theme.tsx";
import classes from "./shell.module.css";

const places: readonly (readonly [to: "/" | "/clients" | "/runs", label: string, icon: IconName])[] = [
  ["/", "Devices", "device"],
  ["/clients", "Clients", "building"],
  ["/runs", "Runs", "pulse"],
];

/** What is around every page of a signed-in person: where one can go, whether the page is live, who one is. */
export function Shell() {
  const navigate = useNavigate();
  const live = useLive(
    useCallback(() => void navigate({ to: "/sign-in", search: { next: location.pathname } }), [navigate]),
  );
  const main = useFocusOnPageChange();
  useEffect(fetchPagesAhead, []);
  return (
    <>
      <a className={classes["skip"]} href="#main">
        Skip to the page
      </a>
      <header className={classes["bar"]}>
        <Link to="/" className={classes["brand"]} aria-label="Holdfast, all devices">
          <Brand />
          <span>Holdfast</span>
        </Link>
        <nav className={classes["places"]} aria-label="Main">
          {places.map(([to, label, icon]) => (
            <Link key={to} to={to} activeOptions={{ exact: to === "/" }} activeProps={{ "aria-current": "page" }}>
              <Icon name={icon} />
              {label}
            </Link>
          ))}
        </nav>
        <div className={classes["end"]}>
          <LiveSign live={live} />
          <NextTheme className={classes["round"]} />
          <Person />
        </div>
      </header>
      <LiveBanner live={live} />
      <main id="main" ref={main} tabIndex={-1} className={classes["main"]}>
        <Outlet />
      </main>
      <DownloadTray />
    </>
  );
}

function Person() {
  const { user } = useSuspenseQuery(sessionQuery).data;
  const label = `Your account: ${visibleText(user.name)}`;
  return (
    <Link
      to="/account"
      className={classes["round"]}
      aria-label={label}
      title={label}
      activeProps={{ "aria-current": "page" }}
    >
      <Icon name="person" size={18} />
    </Link>
  );
}

/** Moves on with the reader: after a change of page, keys and speech begin at the new page, not in the bar. */
function useFocusOnPageChange() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current !== pathname) main.current?.focus({ preventScroll: true });
    before.current = pathname;
  }, [pathname]);
  return main;
}
