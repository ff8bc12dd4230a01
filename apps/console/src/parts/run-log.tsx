import { useQuery } from "@tanstack/react-query";
import { runLogQuery, type Run, type RunLogLine } from "../api/queries.ts";
import { isOver } from "../api/run-states.ts";
import { formatInstant } from "../format.ts";
import { Icon, type IconName } from "./icon.tsx";
import { Inert } from "./inert.tsx";
import { Bones, Loaded } from "./loaded.tsx";
import { Panel } from "./panel.tsx";
import classes from "./run-log.module.css";

const levels: Record<RunLogLine["level"], { icon: IconName; word: string } | undefined> = {
  info: undefined,
  warning: { icon: "warning", word: "Warning" },
  error: { icon: "octagon", word: "Error" },
};

/** What a run said, line by line; warnings and errors by word and shape, not by colour alone. */
export function RunLog({ run }: { run: Run }) {
  const query = useQuery(runLogQuery(run.runId));
  return (
    <Panel title="Log" flush>
      <Loaded
        query={query}
        skeleton={
          <div className={classes["log"]}>
            <Bones />
          </div>
        }
      >
        {({ lines }) =>
          lines.length === 0 ? (
            <p className={classes["silent"]}>
              {isOver(run) ? "This run said nothing." : "Nothing yet. Lines appear here as the run says them."}
            </p>
          ) : (
            <ol className={classes["log"]}>
              {lines.map((line, at) => (
                <Line key={at} line={line} />
              ))}
            </ol>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Line({ line: { at, level, text } }: { line: RunLogLine }) {
  const look = levels[level];
  return (
    <li data-level={level}>
      <time dateTime={at} title={formatInstant(at)}>
        {timeOf(at)}
      </time>
      <span className={classes["text"]}>
        {look && (
          <span className={classes["level"]}>
            <Icon name={look.icon} size={13} /> {look.word}:{" "}
          </span>
        )}
        <Inert text={text} />
      </span>
    </li>
  );
}

/** Seconds matter in a log; the day stands in the title. */
function timeOf(iso: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" }).format(new Date(iso));
}
