import { Button, UnstyledButton } from "@mantine/core";
import { formatBytes } from "@holdfast/base";
import { useSyncExternalStore } from "react";
import { downloads, saveAs, type Download } from "../api/downloads.ts";
import { formatShare } from "../format.ts";
import { CopyText } from "./copy-text.tsx";
import { Failure } from "./failure.tsx";
import { Icon } from "./icon.tsx";
import classes from "./download-tray.module.css";

/** Files on their way from a snapshot to this computer; stays while the person looks elsewhere. */
export function DownloadTray() {
  const held = useSyncExternalStore(downloads.subscribe, downloads.current);
  if (held.length === 0) return null;
  return (
    <aside className={classes["tray"]} aria-label="Downloads">
      {held.map((download) => (
        <Item key={download.id} download={download} />
      ))}
    </aside>
  );
}

function Item({ download }: { download: Download }) {
  const { id, name, state, receivedBytes, totalBytes, url } = download;
  return (
    <section className={classes["item"]} data-state={state} aria-label={name}>
      <div className={classes["head"]}>
        <Icon name={state === "saved" ? "check" : state === "running" ? "download" : "octagon"} size={18} />
        <strong className={classes["name"]} title={name}>
          {name}
        </strong>
        {state === "running" ? (
          <Button size="compact-xs" variant="default" onClick={() => downloads.cancel(id)}>
            Stop
          </Button>
        ) : (
          <UnstyledButton
            className={classes["close"]}
            onClick={() => downloads.dismiss(id)}
            aria-label={`Put ${name} away`}
          >
            <Icon name="cross" size={14} />
          </UnstyledButton>
        )}
      </div>
      {state === "running" && (
        <>
          <progress
            className={classes["bar"]}
            aria-label={`Download of ${name}`}
            max={totalBytes || undefined}
            value={totalBytes ? receivedBytes : undefined}
          />
          <p className="hf-small hf-muted">
            {formatBytes(receivedBytes)}
            {totalBytes ? ` of ${formatBytes(totalBytes)} · ${formatShare(receivedBytes / totalBytes)}` : ""} ·
            decrypted in this browser
          </p>
        </>
      )}
      {state === "saved" && url && download.sha256 && (
        <>
          <p className="hf-small hf-muted">
            {formatBytes(receivedBytes)} received.{" "}
            <button type="button" className={classes["again"]} onClick={() => saveAs(url, name)}>
              Save it again
            </button>
          </p>
          <div className="hf-small">
            SHA-256 of what was received:
            <br />
            <CopyText text={download.sha256} label="the SHA-256" />
          </div>
        </>
      )}
      {state === "cancelled" && <p className="hf-small hf-muted">Stopped; nothing was saved.</p>}
      {state === "failed" && <Failure error={download.error} />}
    </section>
  );
}
