import classes from "./meter.module.css";

interface MeterProps {
  /** What was measured, and what was promised; in the same unit. */
  readonly attained: number;
  readonly objective: number;
  readonly format: (value: number) => string;
  /** What is measured, for those who hear the page. */
  readonly label: string;
  readonly wide?: boolean;
}

/** From this share of the objective on, it is worth a look. */
const tightShare = 0.8;

/**
 * Something measured against its objective: the track is the objective; past it, the track is what was measured and
 * the tick shows where the objective lay.
 */
export function Meter({ attained, objective, format, label, wide = false }: MeterProps) {
  const scale = Math.max(attained, objective, 1);
  const tone = attained > objective ? "bad" : attained > objective * tightShare ? "warn" : "good";
  const verdict = tone === "bad" ? "over the objective of" : "of";
  const percent = (value: number) => `${Math.min(100, Math.max(0, (value / scale) * 100)).toFixed(1)}%`;
  return (
    <span className={classes["meter"]} data-wide={wide || undefined}>
      <meter
        className="hf-hidden"
        aria-label={`${label}: ${format(attained)} ${verdict} ${format(objective)}`}
        max={scale}
        value={attained}
      />
      <span className={classes["track"]} data-tone={tone} aria-hidden="true">
        <span className={classes["fill"]} style={{ inlineSize: percent(attained) }} />
        {tone === "bad" && <span className={classes["tick"]} style={{ insetInlineStart: percent(objective) }} />}
      </span>
    </span>
  );
}
