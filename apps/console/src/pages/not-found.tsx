import { Link } from "@tanstack/react-router";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { Page } from "../parts/page.tsx";
import classes from "./not-found.module.css";

/** An address that leads nowhere. */
export function NotFound() {
  return (
    <Page title="There is nothing at this address">
      <Empty icon="search" title="Perhaps it was moved, or a character of the address is missing.">
        <Link to="/">All devices</Link>
      </Empty>
    </Page>
  );
}

/** The same, without the frame that signed-in pages have around them. */
export function NowherePage() {
  return (
    <main className={classes["alone"]}>
      <NotFound />
    </main>
  );
}

/** A page that could not be shown at all, most often because the server does not answer. */
export function Broken({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <main className={classes["alone"]}>
      <Page title="This page cannot be shown">
        <Failure error={error} onRetry={onRetry} />
      </Page>
    </main>
  );
}
