import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { pathSteps } from "../snapshot-path.ts";
import { Icon } from "./icon.tsx";
import { Inert } from "./inert.tsx";
import classes from "./folder-trail.module.css";

/** The folders from the root to the one that is shown; each leads there. */
export function FolderTrail(props: { deviceId: string; snapshotId: string; path: string }) {
  const { deviceId, snapshotId, path } = props;
  const steps = [{ name: "/", path: "" }, ...pathSteps(path)];
  return (
    <span className={classes["trail"]}>
      {steps.map((step, at) => (
        <Fragment key={step.path}>
          {at > 1 && <Icon name="chevron-right" size={12} />}
          {at === steps.length - 1 ? (
            <span aria-current="location">
              <Inert text={step.name} />
            </span>
          ) : (
            <Link
              to="/devices/$deviceId/snapshots/$snapshotId"
              params={{ deviceId, snapshotId }}
              search={step.path === "" ? {} : { path: step.path }}
              aria-label={at === 0 ? "The root of the snapshot" : undefined}
            >
              <Inert text={step.name} />
            </Link>
          )}
        </Fragment>
      ))}
    </span>
  );
}
