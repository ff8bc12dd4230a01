import { Fragment, useEffect, type ReactNode } from "react";
import { visibleText } from "../visible-text.ts";
import { Icon } from "./icon.tsx";
import { Inert } from "./inert.tsx";
import classes from "./page.module.css";

interface PageProps {
  /** Names the page in the browser's tab, too; may hold somebody else's text. */
  readonly title: string;
  /** Where this page hangs, outermost first. */
  readonly trail?: readonly ReactNode[];
  /** Beside the title: a state. */
  readonly mark?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  /** For forms and texts, whose lines should not grow with the window. */
  readonly narrow?: boolean;
  readonly children: ReactNode;
}

/** One page: its way here, its title, what one can do, and then its matter. */
export function Page({ title, trail, mark, lead, actions, narrow = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${visibleText(title)} · Holdfast`;
  }, [title]);
  return (
    <div className={classes["page"]} data-narrow={narrow || undefined}>
      <header className={classes["head"]}>
        {trail && <Trail steps={trail} />}
        <div className={classes["titleRow"]}>
          <div className={classes["title"]}>
            <h1>
              <Inert text={title} />
            </h1>
            {mark}
          </div>
          {actions && <div className={classes["actions"]}>{actions}</div>}
        </div>
        {lead && <div className={classes["lead"]}>{lead}</div>}
      </header>
      {children}
    </div>
  );
}

function Trail({ steps }: { steps: readonly ReactNode[] }) {
  return (
    <nav aria-label="Where this is">
      <ol className={classes["trail"]}>
        {steps.map((step, at) => (
          <Fragment key={at}>
            {at > 0 && <Icon name="chevron-right" size={12} />}
            <li>{step}</li>
          </Fragment>
        ))}
      </ol>
    </nav>
  );
}
