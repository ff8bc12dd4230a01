/** A piece of somebody else's text: as it is, or a character that would not be seen, spelt out. */
export interface TextPiece {
  readonly text: string;
  readonly spelt: boolean;
}

/**
 * Characters that draw nothing, reorder what is around them, or mean nothing yet: controls, format characters (among
 * them all bidirectional controls and zero widths), line separators, private use, surrogates without their half,
 * unassigned, and every space but the common one. A name made of these could pass for another name.
 * @see Unicode Technical Report 36, "Bidirectional Text Spoofing"
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}]|(?! )\p{Zs}/u;

/** Cuts a hostile string (device names, file names, log lines) into what may be shown and what must be spelt out. */
export function visiblePieces(text: string): readonly TextPiece[] {
  const pieces: TextPiece[] = [];
  let plain = "";
  for (const character of text) {
    if (!unseen.test(character)) {
      plain += character;
      continue;
    }
    if (plain !== "") pieces.push({ text: plain, spelt: false });
    plain = "";
    pieces.push({ text: spellOut(character), spelt: true });
  }
  if (plain !== "") pieces.push({ text: plain, spelt: false });
  return pieces;
}

/** The same as one string, for titles, labels and file names. */
export function visibleText(text: string): string {
  return visiblePieces(text)
    .map((piece) => piece.text)
    .join("");
}

const shortSpellings: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0" };

function spellOut(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return shortSpellings[character] ?? `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\u{${code.toString(16)}}`;
}
