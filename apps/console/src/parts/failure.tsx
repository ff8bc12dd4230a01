import { Button } from "@mantine/core";
import { HoldfastError, messageOf } from "@holdfast/base";
import { ApiFailure } from "@holdfast/client";
import { Inert } from "./inert.tsx";
import { Note } from "./mark.tsx";

/** What went wrong, what usually brings one here, and what to do now; with the code that docs/errors.md explains. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const known = error instanceof HoldfastError ? error : undefined;
  return (
    <div role="alert">
      <Note tone="bad" icon="octagon">
        <p className="hf-strong">
          <Inert text={messageOf(error)} />
        </p>
        {known && (
          <p>
            <Inert text={known.cure} />
          </p>
        )}
        <p className="hf-row hf-small hf-muted">
          {known && <code>{known.code}</code>}
          {error instanceof ApiFailure && error.requestId !== undefined && <span>request {error.requestId}</span>}
          {onRetry && (
            <Button size="compact-xs" variant="default" onClick={onRetry}>
              Try again
            </Button>
          )}
        </p>
      </Note>
    </div>
  );
}
