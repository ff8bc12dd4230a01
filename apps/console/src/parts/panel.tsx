import { useId, type ReactNode } from "react";
import classes from "./panel.module.css";

interface PanelProps {
  readonly title: ReactNode;
  readonly actions?: ReactNode;
  /** A table brings its own edges. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}

/** One matter of a page, under its own heading. */
export function Panel({ title, actions, flush = false, children }: PanelProps) {
  const headingId = useId();
  return (
    <section className={classes["panel"]} aria-labelledby={headingId}>
      <div className={classes["head"]}>
        <h2 id={headingId}>{title}</h2>
        {actions}
      </div>
      <div className={flush ? classes["flush"] : classes["body"]}>{children}</div>
    </section>
  );
}

interface FactsProps {
  /** With "wide", a fact has a line of its own. */
  readonly facts: readonly (readonly [name: string, value: ReactNode, width?: "wide"] | undefined)[];
  /** For short values beside the main column. */
  readonly dense?: boolean;
}

/** Names and values, in as many columns as fit. */
export function Facts({ facts, dense = false }: FactsProps) {
  return (
    <dl className={classes["facts"]} data-dense={dense || undefined}>
      {facts.map(
        (fact) =>
          fact && (
            <div key={fact[0]} data-wide={fact[2] && true}>
              <dt>{fact[0]}</dt>
              <dd>{fact[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
