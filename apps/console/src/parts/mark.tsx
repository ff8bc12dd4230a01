import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";
import classes from "./mark.module.css";

/** How something stands. `alarm` is the worst and the only one that is filled. */
export type Tone = "good" | "warn" | "bad" | "alarm" | "busy" | "calm";

export interface MarkLook {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
}

/** A state: colour, shape and word together, never colour alone. */
export function Mark({ look, large = false, spin = false }: { look: MarkLook; large?: boolean; spin?: boolean }) {
  return (
    <span className={classes["mark"]} data-tone={look.tone} data-large={large || undefined}>
      <Icon name={look.icon} size={large ? 18 : 14} spin={spin} />
      {look.word}
    </span>
  );
}

/** A sentence that needs to be seen, in the tone of its matter. */
export function Note({ tone, icon, children }: { tone: Tone; icon: IconName; children: ReactNode }) {
  return (
    <div className={classes["note"]} data-tone={tone}>
      <Icon name={icon} size={18} />
      <div className={classes["noteText"]}>{children}</div>
    </div>
  );
}
