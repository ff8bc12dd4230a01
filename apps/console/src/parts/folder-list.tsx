import { Button, TextInput } from "@mantine/core";
import { count, formatBytes } from "@holdfast/base";
import type { ListedEntry } from "@holdfast/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { downloads } from "../api/downloads.ts";
import { listDirectory, type SnapshotPlace } from "../api/relay.ts";
import { visibleText } from "../visible-text.ts";
import { DataTable, rowLink, type Column } from "./data-table.tsx";
import { Empty } from "./empty.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { Inert } from "./inert.tsx";
import { Loaded } from "./loaded.tsx";
import { When } from "./when.tsx";
import classes from "./folder-list.module.css";

/** Rows drawn at once; a folder may hold many more, and finding narrows them. */
const shownMax = 500;

const typeLooks: Record<ListedEntry["type"], { icon: IconName; word: string }> = {
  dir: { icon: "folder", word: "Folder" },
  file: { icon: "file", word: "File" },
  symlink: { icon: "symlink", word: "Symbolic link" },
  dev: { icon: "special", word: "Block device" },
  chardev: { icon: "special", word: "Character device" },
  fifo: { icon: "special", word: "Named pipe" },
  socket: { icon: "special", word: "Socket" },
  irregular: { icon: "special", word: "Special entry" },
};

/** One folder of a snapshot: folders lead on, files can be taken. */
export function FolderList({ place }: { place: SnapshotPlace }) {
  const { deviceId, snapshotId, path } = place;
  const query = useQuery({
    queryKey: ["folder", deviceId, snapshotId, path],
    queryFn: ({ signal }) => listDirectory(place, signal),
    staleTime: Number.POSITIVE_INFINITY, // a snapshot never changes
    retry: false,
  });
  return (
    <Loaded
      query={query}
      skeleton={<DataTable caption="Loading" columns={columnsOf(place)} rows={undefined} keyOf={pathOf} empty={null} />}
    >
      {(entries) => <Entries key={path} place={place} entries={entries} />}
    </Loaded>
  );
}

function Entries({ place, entries }: { place: SnapshotPlace; entries: readonly ListedEntry[] }) {
  const [words, setWords] = useState("");
  const found =
    words === "" ? entries : entries.filter((entry) => entry.name.toLowerCase().includes(words.toLowerCase()));
  const sorted = found.toSorted((left, right) => rank(left) - rank(right) || byName.compare(left.name, right.name));
  return (
    <>
      {entries.length > 15 && (
        <div className={classes["tools"]}>
          <TextInput
            aria-label="Find in this folder"
            placeholder="Find in this folder"
            leftSection={<Icon name="search" size={15} />}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
          <span className="hf-small hf-muted">{count(entries.length, "entry", "entries")}</span>
        </div>
      )}
      <DataTable
        caption="Entries of this folder"
        columns={columnsOf(place)}
        rows={sorted.slice(0, shownMax)}
        keyOf={pathOf}
        empty={
          <Empty icon="folder" title={entries.length === 0 ? "This folder is empty" : "No name in this folder fits"}>
            <p>
              {entries.length === 0
                ? "It was empty when the snapshot was taken."
                : "Finding looks at this folder only."}
            </p>
          </Empty>
        }
      />
      {sorted.length > shownMax && (
        <p className={classes["tools"]}>
          Shown are {shownMax} of {sorted.length.toLocaleString("en")}; find by name to see the others.
        </p>
      )}
    </>
  );
}

function columnsOf({ deviceId, snapshotId }: SnapshotPlace): readonly Column<ListedEntry>[] {
  const params = { deviceId, snapshotId };
  return [
    {
      name: "Name",
      wide: true,
      heads: true,
      cell: (entry) => (
        <span className={classes["name"]} title={typeLooks[entry.type].word}>
          <Icon name={typeLooks[entry.type].icon} />
          {entry.type === "dir" ? (
            <Link
              to="/devices/$deviceId/snapshots/$snapshotId"
              params={params}
              search={{ path: entry.path }}
              {...rowLink}
            >
              <Inert text={entry.name} />
            </Link>
          ) : (
            <span>
              <Inert text={entry.name} />
              {entry.linkTarget !== undefined && (
                <span className="hf-muted">
                  {" → "}
                  <Inert text={entry.linkTarget} />
                </span>
              )}
            </span>
          )}
        </span>
      ),
    },
    {
      name: "Size",
      align: "end",
      cell: ({ type, sizeBytes }) =>
        type === "file" && sizeBytes !== null ? <span className="hf-nowrap">{formatBytes(sizeBytes)}</span> : null,
    },
    { name: "Changed", cell: ({ modifiedAt }) => <When at={modifiedAt} as="minute" /> },
    {
      name: "Action",
      align: "end",
      cell: (entry) => entry.type === "file" && <TakeFile params={params} entry={entry} />,
    },
  ];
}

function TakeFile({ params, entry }: { params: { deviceId: string; snapshotId: string }; entry: ListedEntry }) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<Icon name="download" size={14} />}
      aria-label={`Download ${visibleText(entry.name)}`}
      onClick={() => downloads.start({ ...params, path: entry.path }, entry.name, entry.sizeBytes)}
    >
      Download
    </Button>
  );
}

/** As people count: scan-2 before scan-10. */
const byName = new Intl.Collator("en", { numeric: true });
const rank = (entry: ListedEntry) => (entry.type === "dir" ? 0 : 1);
const pathOf = (entry: ListedEntry) => entry.path;
