import { Link } from "@tanstack/react-router";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { Page } from "../parts/page.tsx";

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

/** A page that could not be shown at all, most often because the server does not answer. */
export function Broken({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div style={{ maxInlineSize: 640, margin: "12vh auto", padding: 16 }}>
      <Page title="This page cannot be shown">
        <Failure error={error} onRetry={onRetry} />
      </Page>
    </div>
  );
}
