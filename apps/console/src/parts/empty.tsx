import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";
import classes from "./empty.module.css";

/** Nothing here yet: why, and what would put something here. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children: ReactNode }) {
  return (
    <div className={classes["empty"]}>
      <Icon name={icon} size={26} />
      <p className="hf-strong">{title}</p>
      <div className={classes["words"]}>{children}</div>
    </div>
  );
}
