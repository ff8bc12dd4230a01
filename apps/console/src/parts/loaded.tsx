import { Button } from "@mantine/core";
import type { UseInfiniteQueryResult, UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure } from "./failure.tsx";
import { Page } from "./page.tsx";

interface LoadedProps<Data> {
  readonly query: UseQueryResult<Data>;
  /** The shape of what is coming, so that the page does not jump. */
  readonly skeleton: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/** What was asked for, once it is here; what went wrong with its cure when it is not coming. */
export function Loaded<Data>({ query, skeleton, children }: LoadedProps<Data>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <div aria-busy="true">{skeleton}</div>;
}

/** The same for a whole page, which has a title also when it cannot be shown. */
export function LoadedPage<Data>({ query, children }: Omit<LoadedProps<Data>, "skeleton">) {
  if (query.data === undefined && query.isError)
    return (
      <Page title="This page cannot be shown">
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      </Page>
    );
  return (
    <Loaded query={query} skeleton={<Bones lines={8} />}>
      {children}
    </Loaded>
  );
}

/** The way to the rest of a long list. */
export function MoreRows({ query, what }: { query: UseInfiniteQueryResult; what: string }) {
  if (!query.hasNextPage) return null;
  return (
    <div style={{ padding: "12px 16px" }}>
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        Show more {what}
      </Button>
    </div>
  );
}

/** Lines of a text that is on its way. */
export function Bones({ lines = 3 }: { lines?: number }) {
  return (
    <div className="hf-stack" style={{ gap: 10 }}>
      {Array.from({ length: lines }, (_, at) => (
        <span key={at} className="hf-bone" style={{ inlineSize: `${90 - ((at * 29) % 50)}%` }} />
      ))}
    </div>
  );
}
