import { visiblePieces } from "../visible-text.ts";
import classes from "./inert.module.css";

/** Somebody else's text, shown as text: what would hide or reorder is spelt out, and its direction stays its own. */
export function Inert({ text }: { text: string }) {
  return (
    <bdi className={classes["inert"]}>
      {visiblePieces(text).map((piece, at) =>
        piece.spelt ? (
          <span key={at} className={classes["spelt"]} title="A character that would not be seen, spelt out">
            {piece.text}
          </span>
        ) : (
          piece.text
        ),
      )}
    </bdi>
  );
}
